#!/usr/bin/env bash
# Many seeds of the simulated conversations, optimised and without sanitizers: beside the suite, which runs a few of them
# under sanitizers.
#   tests/sim.sh [SEEDS [FIRST]]    so many seeds (1000) from the first (1) on: without loss, at 30 % loss, and reopened
#                                   after every step (a twentieth of them)
# A failure prints its seed: MAJLIS_SIM_FIRST=SEED MAJLIS_SIM_SEEDS=1 MAJLIS_VERBOSE=1 build-release-tests/tests/conversation/conversation_sim_test
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$top/examples/prepare.sh"

seeds=${1:-1000}
export MAJLIS_SIM_FIRST=${2:-1}
ensure_packages "${packages_to_test[@]}"
build release-tests build-release-tests conversation_sim_test
sim="$top/build-release-tests/tests/conversation/conversation_sim_test"
MAJLIS_SIM_SEEDS=$seeds "$sim" 'without*'
MAJLIS_SIM_SEEDS=$seeds "$sim" 'at_30*'
MAJLIS_SIM_SEEDS=$((seeds / 20 + 1)) "$sim" 'reopening*'
