#!/usr/bin/env bash
# Fuzzes: each target for so long, with clang's libFuzzer, ASan and UBSan, on all cores.
#
#   tests/fuzz.sh [SECONDS [TARGET...]]   default: 20 seconds, all targets
#   tests/fuzz.sh --families SECONDS      a family of decoders at a time: one fuzzer chooses among its targets
#
# What a run learns stays in build-fuzz/corpus, and the next one goes on from there. A finding is kept in
# build-fuzz/findings, with the command that shows it again, and makes the exit status 1.
set -euo pipefail
cd "$(dirname "$0")/.."
what=--list
if [ "${1:-}" = --families ]; then what=--families && shift; fi
seconds=${1:-20}
[ $# -eq 0 ] || shift
build=${MAJLIS_FUZZ_BUILD:-build-fuzz}
jobs=${MAJLIS_FUZZ_JOBS:-$(nproc)} # Fuzzers at a time.

case $seconds in
'' | *[!0-9]*) echo "fuzz: $seconds is no number of seconds" >&2 && exit 2 ;;
esac
if ! command -v "${CC:-clang}" >/dev/null; then
    echo "fuzz: there is no clang: apt-get install clang" >&2
    exit 2
fi
CC=${CC:-clang} cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O1 -g" \
    -DMAJLIS_SANITIZE=ON -DMAJLIS_FUZZ=ON -DMAJLIS_BENCH=OFF >/dev/null
cmake --build "$build" --target majlis_fuzz fuzz_replay >/dev/null
program=$build/tests/fuzz/majlis_fuzz
list=$("$build/tests/fuzz/fuzz_replay" $what)
mkdir -p "$build/findings" "$build/logs"

# Of the last line that tells numbers: "#123 DONE cov: 45 ft: 67 ... exec/s: 89".
number() { sed -n "s/.*$2 *\([0-9][0-9]*\).*/\1/p" "$1" | tail -n 1; }
kept() { find "$build/findings" -name "$1-*" | wc -l; } # How many findings of a target there are.

# A family's inputs begin with the place of their target among the others.
gather_family() { # NAME TARGET...
    local out=$build/families/$1 i=0 target file
    shift
    rm -rf "$out" && mkdir -p "$out"
    for target; do
        for file in tests/fuzz/corpus/"$target"/*; do
            { printf '%b' "\\x$(printf %02x $i)" && cat "$file"; } >"$out/$target-${file##*/}"
        done
        i=$((i + 1))
    done
}

fuzz() { # TARGET: its row; answers 1 after a finding
    local target=$1 words=bytes size targets log before after new seeds=tests/fuzz/corpus/$1
    read -r size targets < <(sed -n "s/^$target //p" <<<"$list") || true
    case $target in chat_command | options | udp_address | file_name | escape | lines | program) words=text ;; esac
    # shellcheck disable=SC2086 # One word each.
    if [ -n "$targets" ]; then gather_family "$target" $targets && seeds=$build/families/$target; fi
    mkdir -p "$build/corpus/$target"
    log=$build/logs/$target
    before=$(kept "$target")
    FUZZ_TARGET=$target "$program" -max_total_time="$seconds" -max_len="$size" -dict="tests/fuzz/$words.dict" \
        -timeout=10 -report_slow_units=5 -rss_limit_mb=2048 -malloc_limit_mb=512 -print_final_stats=1 \
        -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" "$seeds" >"$log" 2>&1 || true
    after=$(kept "$target")
    new=$((after - before))
    # It ended early and left nothing to show: that is a finding as well.
    grep -q '^Done [0-9]* runs' "$log" || [ "$new" -gt 0 ] || new=1
    printf '%-20s %12s %9s %7s %8s\n' "$target" "$(number "$log" 'stat::number_of_executed_units:')" \
        "$(number "$log" 'stat::average_exec_per_sec:')" "$(number "$log" 'cov:')" "$new"
    [ "$new" -eq 0 ] && return
    grep -E 'Assertion|SUMMARY|runtime error|not true that' "$log" | head -n 4 >&2 || true
    find "$build/findings" -name "$target-*" | sed "s|^|    $build/tests/fuzz/fuzz_replay $target |" >&2
    return 1
}

if [ $# -eq 0 ]; then mapfile -t names < <(cut -d' ' -f1 <<<"$list"); else names=("$@"); fi
for target in "${names[@]}"; do
    grep -q "^$target " <<<"$list" || { echo "fuzz: there is no target $target" >&2 && exit 2; }
done
printf '%-20s %12s %9s %7s %8s\n' target executions exec/s edges findings
found=0 running=0
for target in "${names[@]}"; do
    if [ $running -ge "$jobs" ]; then
        wait -n || found=1
        running=$((running - 1))
    fi
    fuzz "$target" &
    running=$((running + 1))
done
while [ $running -gt 0 ]; do
    wait -n || found=1
    running=$((running - 1))
done
exit $found
