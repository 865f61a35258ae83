#!/usr/bin/env bash
# Nothing changes a profile but through the table of inputs (session/inputs.c), so that no recording can miss it:
#   inputs.sh ARCHIVE   (of the session layer)
# Each public function that takes a profile or a session which is not const has its row there, or a reason here; and
# inside the engine nobody calls such a function.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
archive=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
complain() { echo "$*" && failed=1; }

cat >"$work/reasons" <<'TXT'
mjl_profile_next_packet what comes out is counted and hashed beside the inputs
mjl_profile_next_event the same
mjl_profile_state_hash asks only
TXT

for header in include/majlis/*.h; do
    "${CC:-cc}" -E -P -Iinclude "$header"
done | tr '\n' ' ' | sed 's,[;{}],\n,g' | grep -E 'mjl_[a-z_]+ *\((.*,)? *mjl_(profile|session) *\*' |
    sed -E 's/.*[ *](mjl_[a-z_]+) *\([^()]*\) *$/\1/' | sort -u >"$work/taking"
[ "$(wc -l <"$work/taking")" -ge 20 ] || { echo "hardly a function found: this check is broken"; exit 1; }
sed -nE 's/^ *\[MJL_INPUT_[A-Z_]+\] = \{"[^"]*", "(mjl_[a-z_]+)".*/\1/p' session/inputs.c | sort >"$work/table"
[ -s "$work/table" ] || { echo "no table found: this check is broken"; exit 1; }
cut -d' ' -f1 "$work/reasons" | sort >"$work/excused"

for name in $(sort "$work/table" "$work/excused" | uniq -d); do complain "$name is named twice"; done
sort -u "$work/table" "$work/excused" >"$work/known"
for name in $(comm -23 "$work/taking" "$work/known"); do
    complain "$name changes something and has no row in session/inputs.c (or give a reason in $0)"
done
for name in $(comm -13 "$work/taking" "$work/known"); do
    complain "$name is in the table and takes no profile or session that could change"
done
nm -A --undefined-only "$archive" | awk '$1 !~ /:calls\.c\.o:$/ { print $NF, $1 }' | sort |
    join - "$work/table" >"$work/inside"
while read -r name object; do complain "$object calls $name: inside the engine it is mjl_do_..."; done <"$work/inside"
exit $failed
