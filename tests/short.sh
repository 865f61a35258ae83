#!/usr/bin/env bash
# Some minutes of looking for faults, which CI runs (tests/long.sh is for hours): simulated groups on seeds that are always
# the same and on fresh ones, toy and real cryptography; each fuzzer; seeded bugs, others each time. What is fresh follows
# from the sources: other code is tried on other seeds, the same code on the same.
#   tests/short.sh                       all of it
#   MAJLIS_SHORT_FRESH=N tests/short.sh  the fresh seeds begin at N
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"
. "$top/examples/prepare.sh"

sources=$(find include sched session tests/sim tests/toy -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | sha256sum)
turn=$((16#${sources:0:7}))
fresh=${MAJLIS_SHORT_FRESH:-$((1000000 + turn * 10))}
toy_seeds=2500 real_seeds=100 # Fixed ones, and as many fresh ones.
mutants=20
fuzz_seconds=${MAJLIS_SHORT_FUZZ_SECONDS:-20}

ensure_packages "${packages_to_test[@]}" "${packages_of_ci[@]}"
build mutants build-mutants
sim=$top/build-mutants/tests/sim/majlis-sim
failed=0

simulate() { # WHAT FIRST SEEDS ARGUMENTS...
    local what=$1 first=$2 seeds=$3
    shift 3
    printf '%-12s %5s seeds from %-10s ' "$what" "$seeds" "$first"
    "$sim" --seeds "$first..$((first + seeds - 1))" --jobs "$(nproc)" --summary "$@" >build-mutants/short.txt 2>&1 || {
        echo && grep -A 3 'BROKEN\|crashed\|seed ' build-mutants/short.txt | head -n 60 && failed=1
    }
    grep '^runs ' build-mutants/short.txt || true
}

small=(--members 3 --steps 12)
simulate "toy" 1 $toy_seeds --faults all "${small[@]}"
simulate "toy, fresh" "$fresh" $toy_seeds --faults all "${small[@]}"
simulate "real" 1 $real_seeds --faults all "${small[@]}" --provider real
simulate "real, fresh" "$fresh" $real_seeds --faults all "${small[@]}" --provider real
tests/mutants/run.sh rotate $mutants $turn || failed=1
tests/fuzz.sh --families "$fuzz_seconds" || failed=1
exit $failed
