#!/bin/sh
# Fuzzes: each target for so long, with clang's libFuzzer, ASan and UBSan.
#
#     tests/fuzz.sh [SECONDS [TARGET...]]      default: 20 seconds, all targets
#
# What a run learns stays in build-fuzz/corpus, and the next one goes on from there. A finding is kept in
# build-fuzz/findings, with the command that shows it again, and makes the exit status 1.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-20}
[ $# -eq 0 ] || shift
build=${MAJLIS_FUZZ_BUILD:-build-fuzz}

case $seconds in
    '' | *[!0-9]*) echo "fuzz: $seconds is no number of seconds" >&2; exit 2 ;;
esac
if ! command -v "${CC:-clang}" >/dev/null; then
    echo "fuzz: there is no clang: apt-get install clang" >&2
    exit 2
fi
CC=${CC:-clang} cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O1 -g" \
    -DMAJLIS_SANITIZE=ON -DMAJLIS_FUZZ=ON -DMAJLIS_BENCH=OFF >/dev/null
cmake --build "$build" -j "$(nproc)" --target majlis_fuzz fuzz_replay >/dev/null
program=$build/tests/fuzz/majlis_fuzz
list=$("$build/tests/fuzz/fuzz_replay" --list)
# shellcheck disable=SC2046 # One word each.
[ $# -gt 0 ] || set -- $(echo "$list" | cut -d' ' -f1)

# Of the last line that tells numbers: "#123 DONE cov: 45 ft: 67 ... exec/s: 89".
number() {
    sed -n "s/.*$2 *\([0-9][0-9]*\).*/\1/p" "$1" | tail -n 1
}

kept() { # How many findings of a target there are.
    find "$build/findings" -name "$1-*" | wc -l
}

found=0
printf '%-20s %12s %9s %7s %8s\n' target executions exec/s edges findings
for target in "$@"; do
    size=$(echo "$list" | sed -n "s/^$target //p")
    if [ -z "$size" ]; then
        echo "fuzz: there is no target $target" >&2
        exit 2
    fi
    case $target in
        chat_command | options | udp_address | file_name | escape | lines) words=text ;;
        *) words=bytes ;;
    esac
    mkdir -p "$build/corpus/$target" "$build/findings" "$build/logs"
    log=$build/logs/$target
    before=$(kept "$target")
    FUZZ_TARGET=$target "$program" -max_total_time="$seconds" -max_len="$size" -dict="tests/fuzz/$words.dict" \
        -timeout=10 -report_slow_units=2 -rss_limit_mb=2048 -malloc_limit_mb=512 -print_final_stats=1 \
        -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" "tests/fuzz/corpus/$target" \
        >"$log" 2>&1 || true
    after=$(kept "$target")
    new=$((after - before))
    # It ended early and left nothing to show: that is a finding as well.
    grep -q '^Done [0-9]* runs' "$log" || [ "$new" -gt 0 ] || new=1
    printf '%-20s %12s %9s %7s %8s\n' "$target" "$(number "$log" 'stat::number_of_executed_units:')" \
        "$(number "$log" 'stat::average_exec_per_sec:')" "$(number "$log" 'cov:')" "$new"
    [ "$new" -eq 0 ] && continue
    found=1
    grep -E 'Assertion|SUMMARY|runtime error|not true that' "$log" | head -n 4 >&2
    find "$build/findings" -name "$target-*" | sed "s|^|    $build/tests/fuzz/fuzz_replay $target |" >&2
done
exit $found
