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

sources=$(find include sched session tests/sim tests/toy -name '*.[ch]' -print0 | LC_ALL=C sort -z | xargs -0 cat | sha256sum)
turn=$((16#${sources:0:7}))
fresh=${MAJLIS_SHORT_FRESH:-$((1000000 + turn * 10))}
calm_seeds=2100 toy_seeds=400 real_seeds=100 # Fixed ones, and as many fresh ones.
open_permille=5                              # So many may break a promise: what is open is in README.md. No crash, ever.
mutants=20
fuzz_seconds=${MAJLIS_SHORT_FUZZ_SECONDS:-20}

ensure_packages "${packages_to_test[@]}" "${packages_of_ci[@]}"
build mutants build-mutants majlis-sim
sim=$top/build-mutants/tests/sim/majlis-sim
failed=0

simulate() { # WHAT FIRST SEEDS MOST ARGUMENTS...: at most so many may break
    local what=$1 first=$2 seeds=$3 most=$4 out=build-mutants/short.txt broken
    shift 4
    printf '%-12s %5s seeds from %-10s ' "$what" "$seeds" "$first"
    "$sim" --seeds "$first..$((first + seeds - 1))" --jobs "$(nproc)" --seconds 10 --summary "$@" >$out 2>&1 || true
    broken=$(sed -nE 's/^runs .*broken ([0-9]+),.*/\1/p' $out)
    grep '^runs ' $out || { echo && tail -n 20 $out; }
    grep -A 1 'BROKEN' $out | head -n 60 || true
    if [ -z "$broken" ] || [ "$broken" -gt "$most" ] || grep -q 'BROKEN: crash' $out; then
        echo "that is more than $most, or a crash" && failed=1
    fi
}
simulate_all() { # KIND FIRST: fixed or fresh
    local small=(--members 3 --steps 12)
    simulate "calm$1" "$2" $calm_seeds 0 --faults none "${small[@]}"
    simulate "toy$1" "$2" $toy_seeds $((toy_seeds * open_permille / 1000)) --faults all "${small[@]}"
    simulate "real$1" "$2" $real_seeds $((1 + real_seeds * open_permille / 1000)) --faults all "${small[@]}" --provider real
}

simulate_all "" 1
simulate_all ", fresh" "$fresh"
tests/mutants/run.sh rotate $mutants $turn || failed=1
# Two to a processor: the seconds are of the clock.
MAJLIS_FUZZ_JOBS=$((2 * $(nproc))) tests/fuzz.sh --families "$fuzz_seconds" || failed=1
exit $failed
