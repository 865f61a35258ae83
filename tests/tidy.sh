#!/usr/bin/env bash
# The look of the code: clang-format finds nothing to change, clang-tidy (.clang-tidy) nothing to say.
#   tests/tidy.sh [FILES]    all C files of the tree, or these
# Wants a configured build-asan/ for the compile commands (./tests/run.sh makes one).
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$(nproc)
build="build-asan"
failed=0

for tool in clang-format clang-tidy; do
    command -v $tool >/dev/null || { echo "tests/tidy.sh needs $tool (apt-get install $tool)"; exit 1; }
done
[ -f $build/compile_commands.json ] || { echo "tests/tidy.sh needs $build/: run ./tests/run.sh first"; exit 1; }
if [ $# -gt 0 ]; then
    files=("$@")
else
    mapfile -t files < <(find include sched session transport examples tests -name '*.[ch]' | sort)
fi

echo "clang-format: ${#files[@]} files"
printf '%s\0' "${files[@]}" | xargs -0 -P "$jobs" -n 20 clang-format --dry-run --Werror || failed=1

# Headers are looked at through the files that include them. Only what the build compiles has a compile command.
compiled=()
for file in "${files[@]}"; do
    ! grep -qF "\"file\": \"$PWD/$file\"" $build/compile_commands.json || compiled+=("$file")
done
echo "clang-tidy: ${#compiled[@]} files, $jobs at a time"
began=$SECONDS
# clang-tidy reads a file once for each command that compiles it, and much is compiled for several targets: one will do.
mkdir -p $build/tidy
awk '/^\{/ { entry = "" } /^[[\]]/ { next } { entry = entry $0 "\n" }
    /"file":/ { seen = times[$0]++ }
    /^\}/ && !seen { sub(/,?\n$/, "", entry); all = all (all == "" ? "" : ",\n") entry }
    END { print "[\n" all "\n]" }' $build/compile_commands.json >$build/tidy/compile_commands.json
lint() { # ARGUMENTS, then files on standard input, NUL-separated
    # gcc's own warnings and sanitizer flags mean nothing to clang-tidy; its count of hidden warnings is noise.
    xargs -0 -r -P "$jobs" -n 1 clang-tidy --quiet -p $build/tidy --extra-arg=-Wno-unknown-warning-option "$@" \
        2> >(grep -vE '^[0-9]* ?warnings?( and [0-9]+ errors?)? generated|^Suppressed|^Use -header-filter|^$' >&2)
}
# The analyzer takes most of the time. In tests, which run under sanitizers, it finds what cannot be.
printf '%s\0' "${compiled[@]}" | { grep -zv '^tests/' || true; } | lint || failed=1
printf '%s\0' "${compiled[@]}" | { grep -z '^tests/' || true; } | lint '--checks=-clang-analyzer-*' || failed=1
[ $failed = 0 ] || { echo "not clean (above), $((SECONDS - began)) s"; exit 1; }
echo "clean, $((SECONDS - began)) s"
