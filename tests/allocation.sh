#!/usr/bin/env bash
# Every allocation of a told story fails, one after the other, optimised and without sanitizers: beside the suite, which
# takes a few of them under sanitizers. Blocks that stay are counted without.
#   tests/allocation.sh          of the allocations that are reached by the same calls the first and the last: minutes
#   tests/allocation.sh --all    each of them: hours
# A failure names the allocation: MAJLIS_ALLOCATION_ALL=1 MAJLIS_ALLOCATION_FIRST=N MAJLIS_ALLOCATION_STRIDE=1000000
# build-release-tests/tests/memory/memory_allocation_test
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$top/examples/prepare.sh"

ensure_packages "${packages_to_test[@]}"
build release-tests build-release-tests memory_allocation_test
[ "${1:-}" != --all ] || export MAJLIS_ALLOCATION_ALL=1
MAJLIS_ALLOCATION_FIRST=0 MAJLIS_ALLOCATION_STRIDE=1 exec "$top/build-release-tests/tests/memory/memory_allocation_test"
