#!/usr/bin/env bash
# The libraries export what include/majlis declares with MJL_API, and nothing else:
#   symbols.sh BUILD           compares the headers, include/*.symbols and the built libraries
#   symbols.sh BUILD --write   writes include/*.symbols anew, for a change of the interface that is meant
set -euo pipefail
export LC_ALL=C
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
libraries=$1/include
write=${2:-}
failed=0

# The compiler expands MJL_API for us, so comments and line breaks need no care.
declared() {
    local header
    for header in "$source_dir"/include/majlis/*.h; do
        "${CC:-cc}" -E -P -I"$source_dir/include" "$header"
    done | tr '\n' ' ' | grep -o '__attribute__((visibility("default")))[^(;]*(' | grep -oE 'mjl_[a-z0-9_]+ *\($' |
        tr -d ' (' | sort -u
}

# differ WHAT FILE FILE: complains with the names that stand on one side only.
differ() {
    if ! diff "$2" "$3" >"$work/diff"; then
        printf '%s\n' "$1" && sed -n 's/^[<>]/  &/p' "$work/diff"
        failed=1
    fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
declared >"$work/declared"
[ -s "$work/declared" ] || { echo "no MJL_API declaration found: this check is broken"; exit 1; }
: >"$work/all"
for name in majlis majlis_run; do
    list=$source_dir/include/$name.symbols
    nm --defined-only "$libraries/lib$name.a" 2>/dev/null | awk 'NF == 3 && $2 == "T" { print $3 }' | sort -u |
        comm -12 - "$work/declared" >"$work/$name.defined"
    if [ "$write" = --write ]; then
        { sed -n '/^#/p' "$list"; cat "$work/$name.defined"; } >"$work/list" && cp "$work/list" "$list"
        continue
    fi
    grep '^mjl_' "$list" >"$work/$name.listed" || true
    nm -D --defined-only "$libraries/lib$name.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
        sort -u >"$work/$name.exported"
    differ "$name.symbols (<) and the declared functions that $name defines (>) differ:" \
        "$work/$name.listed" "$work/$name.defined"
    differ "$name.symbols (<) and the exports of lib$name.so (>) differ:" \
        "$work/$name.listed" "$work/$name.exported"
    cat "$work/$name.defined" >>"$work/all"
done
[ "$write" = --write ] && exit 0
sort -o "$work/all" "$work/all"
differ "declared in include/majlis (<) but defined nowhere, or in both libraries (>):" "$work/declared" "$work/all"
exit $failed
