#!/usr/bin/env bash
# Every entry of mutants.txt still fits the code, and no number stands twice.   fit.sh FOLDER-FOR-COPIES
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
failed=0
mapfile -t numbers < <(sed -nE 's/^== ([0-9]+) .*/\1/p' "$here/mutants.txt")
[ ${#numbers[@]} -gt 0 ]
sort -n <(printf '%s\n' "${numbers[@]}") | uniq -d | grep . && echo "stand twice" && failed=1
for number in "${numbers[@]}"; do
    cmake -DNUMBER="$number" -DOUT_DIR="$1" -P "$here/mutant.cmake" >/dev/null || failed=1
done
exit $failed
