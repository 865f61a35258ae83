#!/usr/bin/env bash
# Calls go down only, and the engine is pure. Reads the undefined symbols of each layer's archive:
#   calls.sh LAYER ARCHIVE BELOW   (colons between archives, or lists of symbols, that it may call)
# Every mjl_ function that the layer calls is its own or of a layer below; libev is named by the transports and the
# program alone, SQLite by the store, msgpack by the schedule's room; and sched, mls and session ask nobody for the time,
# for chance, for a file or for the environment. One object is excused: clock.c, the helper that hosts call before us.
set -euo pipefail
export LC_ALL=C
layer=$1
IFS=: read -ra below <<<"${3:-}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

nm -A --undefined-only "$2" 2>/dev/null | awk '$1 !~ /:clock\.c\.o:$/ { print $NF }' | sort -u >"$work/called"
for archive in "$2" "${below[@]}"; do
    case $archive in
    *.symbols) grep '^mjl_' "$archive" ;;
    *) nm --defined-only "$archive" 2>/dev/null | awk 'NF == 3 { print $3 }' ;;
    esac
done | sort -u >"$work/defined"
[ -s "$work/defined" ] || { echo "$2 defines nothing: this check is broken"; exit 1; }

# refuse WHY PATTERN: no function that matches may be called.
refuse() {
    if grep -xE "$2" "$work/called" >"$work/found"; then
        echo "$layer $1:" && sed 's/^/  /' "$work/found"
        failed=1
    fi
}
comm -23 "$work/called" "$work/defined" >"$work/foreign" && cp "$work/foreign" "$work/called"
refuse 'calls a layer that is not below it' 'mjl_.*'
[[ $layer == transport || $layer == program ]] || refuse 'calls libev' 'ev_.*'
[ "$layer" = store ] || refuse 'calls SQLite' 'sqlite3_.*'
[ "$layer" = sched ] || refuse 'calls msgpack' 'msgpack_.*'
case $layer in
sched | mls | session)
    refuse 'reads a clock' 'time|clock|clock_gettime|gettimeofday|timespec_get|ftime|localtime(_r)?|gmtime(_r)?|times'
    refuse 'draws chance of its own' \
        'rand(_r)?|random(_r)?|.rand48(_r)?|getrandom|getentropy|arc4random.*|randombytes.*|crypto_.*(keygen|_random|[^d]_keypair)'
    refuse 'does input or output' \
        '(f|fd)?open(64|at)?|creat|read|write|fread|fwrite|f?sync|socket|connect|send.*|recv.*|getenv|secure_getenv|sleep|nanosleep|poll|select'
    ;;
esac
exit $failed
