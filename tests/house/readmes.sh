#!/usr/bin/env bash
# Each folder has a README that names each of its files, and each link in it leads somewhere.
set -euo pipefail
cd "$(dirname "$0")/../.."
failed=0
complain() { echo "$*" && failed=1; }

while IFS= read -r folder; do
    readme=$folder/README.md
    [ -f "$readme" ] || { complain "$folder has no README.md"; continue; }
    while IFS= read -r file; do
        stem=${file##*/} && stem=${stem%.*}
        grep -qwF -- "$stem" "$readme" || complain "$readme does not name $file"
    done < <(find "$folder" -maxdepth 1 \( -name '*.[ch]' -o -name '*.sh' \))
    while IFS= read -r link; do
        [ -e "$folder/$link" ] || complain "$readme leads to $link, which is not there"
    done < <(grep -oE '\]\([^)#]+' "$readme" | cut -c3- | grep -v '://')
done < <(echo . && find include sched session transport examples tests -type d ! -path include/majlis ! -path 'tests/fuzz/corpus*')
# The public headers' README stands above their folder.
for file in include/majlis/*.h; do
    grep -qF -- "${file#include/}" include/README.md || complain "include/README.md does not name $file"
done
exit $failed
