#!/usr/bin/env bash
# tests/SCENARIOS.md has each of the ancestors' 125 scenarios once, and the tests it names are there and are run.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
complain() { echo "$*" && failed=1; }

numbers=$(grep -oE '^\| [0-9]+ \|' SCENARIOS.md | tr -d '| ')
[ "$numbers" = "$(seq 125)" ] || complain "SCENARIOS.md does not number 1 to 125"
while IFS= read -r row; do
    case $row in *'` |' | *'does not apply: '?* | *'not yet: '?*) ;; *) complain "no test and no reason: $row" ;; esac
done < <(grep -E '^\| [0-9]+ \|' SCENARIOS.md)

while read -r file name; do
    grep -qE "^static void $name\(" "$file.c" || { complain "$file.c has no test $name"; continue; }
    # Once where it is written, once in the list of what is run.
    [ "$(grep -cw "$name" "$file.c")" -ge 2 ] || complain "$file.c does not run $name"
    stem=${file##*/} && stem=${stem%_test} && stem=${stem#scenario_}
    grep -qswE -- "$stem(_test)?(\.c)?" "${file%/*}"/{CMakeLists.txt,*.cmake} ||
        complain "$file.c is not built"
done < <(grep -oE '`[a-z_/]+ : [a-z0-9_]+`' SCENARIOS.md | tr -d '`:')

applying=$(grep -cE '^\| [0-9]+ \|.*` \|$' SCENARIOS.md)
grep -q "$applying are shown" SCENARIOS.md || complain "SCENARIOS.md counts $applying otherwise"
grep -q "$applying of their 125 scenarios" README.md || complain "README.md counts $applying otherwise"
exit $failed
