#!/usr/bin/env bash
# T1: hours of looking for faults. Simulated groups with every kind of fault, without any, large ones and ones with real
# cryptography; then each fuzzer for a while; round after round, with seeds that no round had before.
#   tests/long.sh --hours H       for so long by the clock, on all cores; then the summary
#   tests/long.sh --summary       the table of all that was done so far
# What was done is in build-long/ and goes on from there: run it again after an interruption. Exit 1 if anything was ever
# found there; each finding is a file in build-long/findings, with the command that shows it again.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"
. "$top/examples/prepare.sh"
folder=$top/build-long
sums=$folder/sums # Lines "kind<TAB>name<TAB>count".
mkdir -p "$folder/findings"
touch "$sums"

# ---- The books ----

count() { awk -F '\t' -v k="$1" -v n="$2" '$1 == k && $2 == n { s = $3 } END { print s + 0 }' "$sums"; }
total() { awk -F '\t' -v k="$1" '$1 == k { s += $3 } END { print s + 0 }' "$sums"; }
merge() { # Adds lines of the same form from standard input.
    awk -F '\t' -v OFS='\t' '{ s[$1 OFS $2] += $3 } END { for (k in s) print k, s[k] }' "$sums" - | sort >"$sums.new"
    mv "$sums.new" "$sums"
}
add() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" | merge; }
look_at_cpu() { # Into $cpu: the seconds that our children took. Not in a subshell, whose children are others.
    times >"$folder/times"
    cpu=$(awk 'NR == 2 { gsub(/[ms]/, " "); print int($1 * 60 + $2 + $3 * 60 + $4) }' "$folder/times")
}
findings() { find "$folder/findings" -type f | wc -l; }
keep() { # NAME FILE...: a finding
    cat "${@:2}" >"$folder/findings/$1.txt"
    echo "found: build-long/findings/$1.txt" >&2
}

# ---- What is done ----

# The table of majlis-sim --summary as lines of the books.
read_summary() { # NAME
    awk -v OFS='\t' -v name="$1" '
        /^seed / || /^ *majlis-sim / { next }
        /^runs / { gsub(",", ""); print "sessions", name, $2; print "broken", name, $4; next }
        /^  / { n = $NF; sub(/ +[0-9]+$/, ""); sub(/^ +/, ""); if ($0 !~ /slowest/) print group, $0, n; next }
        { group = $0 }'
}

simulate() { # NAME SEEDS ARGUMENTS...: the next so many seeds
    local name=$1 seeds=$2 from out=$folder/out.txt status=0
    shift 2
    from=$(($(count next "$name") + 1))
    "$sim" --seeds "$from..$((from + seeds - 1))" --jobs "$(nproc)" --summary "$@" >"$out" 2>&1 || status=$?
    if [ $status -ne 0 ]; then
        { grep -E '^seed |majlis-sim ' "$out" || cat "$out"; } >"$folder/broken.txt"
        keep "sim-$name-$from" "$folder/broken.txt"
    fi
    { read_summary "$name" <"$out" && printf 'next\t%s\t%s\n' "$name" "$seeds"; } >"$folder/lines"
    merge <"$folder/lines"
}

fuzz() { # SECONDS for each fuzzer
    local out=$folder/fuzz.txt status=0
    tests/fuzz.sh --families "$1" >"$out" 2>"$out.findings" || status=$?
    if [ $status -ne 0 ]; then keep "fuzz-$(date +%s)" "$out" "$out.findings"; fi
    awk -v OFS='\t' 'NR > 1 && $2 ~ /^[0-9]+$/ { print "fuzz executions", $1, $2 }' "$out" | merge
}

summary() {
    echo "| kind | what | count |"
    echo "|---|---|---|"
    awk -F '\t' '$1 != "next" { printf "| %s | %s | %s |\n", $1, $2, $3 }' "$sums"
    echo "| findings | files in build-long/findings | $(findings) |"
}

case ${1:-} in
--summary) summary && exit ;;
--hours) hours=${2:?so many hours} ;;
*) sed -n '2,8s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac

ensure_packages "${packages_to_test[@]}" "${packages_of_ci[@]}"
build release-tests build-release-tests majlis-sim
sim=$top/build-release-tests/tests/sim/majlis-sim
end=$(($(date +%s) + $(awk -v h="$hours" 'BEGIN { print int(h * 3600) }')))
row='%6s %8s %12s %10s %8s %8s %14s %9s\n'
# shellcheck disable=SC2059 # One form for the head and the rows.
printf "$row" round "CPU, s" "with faults" "without" crowds real "fuzz runs" findings
while [ "$(date +%s)" -lt "$end" ]; do
    look_at_cpu
    before=$cpu
    simulate faults 1000 --faults all --seconds 300
    simulate calm 300 --faults none
    simulate real 50 --provider real --faults all --seconds 300
    simulate crowd 2 --faults net --members 40 --seconds 900
    fuzz "${MAJLIS_LONG_FUZZ_SECONDS:-10}"
    look_at_cpu
    add work rounds 1
    add work "CPU seconds" $((cpu - before))
    # shellcheck disable=SC2059
    printf "$row" "$(count work rounds)" "$(count work 'CPU seconds')" "$(count sessions faults)" "$(count sessions calm)" \
        "$(count sessions crowd)" "$(count sessions real)" "$(total 'fuzz executions')" "$(findings)"
done
summary
[ "$(findings)" = 0 ]
