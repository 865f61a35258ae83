#!/usr/bin/env bash
# How much of sched/ and session/ the tests reach: lines and branches, and what they do not, by reason.
#   tests/coverage.sh            builds in build-coverage; prints a row per file; the list is build-coverage/coverage.txt
#   tests/coverage.sh --write    and says in tests/coverage.txt what is not reached, and why
# Fails below 95 % of the lines or 90 % of the branches, where a test fails, and where a file has a reason that
# tests/coverage.txt does not give it. Takes a quarter of an hour on two cores; what was reached when that was written stands there.
# Counted by gcov, unoptimised. Not counted: branches of asserts, which guard our own promises and shall not be reached;
# branches the compiler adds where no code of ours is; the optimised copy that the wiping test is linked with, whose
# inlined branches would be counted once more for each place they are inlined at. A line counts as reached when any test
# of the suite ran it; beside the suite failing allocations are tried more often, and simulated rooms with all faults:
# what those break is for tests/long.sh to say, here it is only said how many.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$top/examples/prepare.sh"
lines_least=95 branches_least=90

ensure_packages "${packages_to_test[@]}" gcovr
cd "$top"
# A process that ends by _exit leaves no counts: each of the simulator's does.
cmake -S . -B build-coverage -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=gcc \
    -DCMAKE_C_FLAGS="--coverage -O0 -D_exit=exit" -DMAJLIS_BENCH=OFF >/dev/null
cmake --build build-coverage >build-coverage/build.log || { tail -n 20 build-coverage/build.log; exit 1; }
find build-coverage -name '*.gcda' -delete
failed=0
# What looks at the source or at what is installed reaches no line; the demo runs without this build's flags.
MAJLIS_ALLOCATION_STRIDE=${MAJLIS_ALLOCATION_STRIDE:-2} MAJLIS_ALLOCATION_FIRST=0 ctest --test-dir build-coverage \
    -j "$(nproc)" -E 'demo|installed|readme|scenarios_of|_cannot_include|_calls_only|export_exactly|stand_alone|no_jump|mutants|wiping' \
    >build-coverage/tests.log || failed=1
[ "$failed" = 0 ] || sed -n '/tests failed/,$p' build-coverage/tests.log
simulate() { # simulate SEEDS FAULTS
    build-coverage/tests/sim/majlis-sim --seeds "$1" --faults "$2" --seconds 30 --jobs "$(nproc)" >build-coverage/sim.log || true
    echo "seeds $1 with $2: $(grep -c BROKEN build-coverage/sim.log || true) broken"
}
simulate 1..70 all
simulate 200..280 memory,disk,rng,misuse,outsider
simulate 300..560 memory,process,disk,races

(cd build-coverage && gcovr -r "$top" --object-directory . --exclude-directories '.*memory_optimised' \
    -f "$top/(sched|session)/" --exclude-unreachable-branches --exclude-branches-by-pattern '.*\bassert\(.*' \
    --json coverage.json)
python3 tests/coverage.py build-coverage/coverage.json build-coverage/coverage.txt tests/coverage.txt "$lines_least" \
    "$branches_least" "$@" || failed=1
exit $failed
