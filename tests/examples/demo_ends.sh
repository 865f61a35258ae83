#!/usr/bin/env bash
# However the demo ends, its processes end with it, and its folders go unless they are to stay:
#   demo_ends.sh PROGRAM
set -uo pipefail
program=$1
work=$(mktemp -d)
demo=
trap '[ -z "$demo" ] || kill -9 "$demo" 2>/dev/null; rm -rf "$work"' EXIT
export TMPDIR=$work
failed=0
complain() { echo "$*" && failed=1; }

# children: the process ids of the demo's children, once there are as many as the script starts with.
children() {
    local found=
    for _ in {1..200}; do
        found=$(cat "/proc/$demo/task/$demo/children" 2>/dev/null)
        [ "$(wc -w <<<"$found")" -ge 4 ] && break
        sleep 0.05
    done
    echo "$found"
}
# gone ID...: true once none of them is left, or only as one that nobody has reaped yet.
gone() {
    local id
    for _ in {1..100}; do
        for id; do
            [ -d "/proc/$id" ] && ! grep -q '^State:.Z' "/proc/$id/status" 2>/dev/null && sleep 0.05 && continue 2
        done
        return 0
    done
    return 1
}

for signal in INT TERM HUP KILL; do
    "$program" demo --seed 1 >"$work/out" 2>"$work/err" &
    demo=$!
    ids=$(children)
    [ "$(wc -w <<<"$ids")" -ge 4 ] || complain "the demo has children $ids"
    kill -s "$signal" "$demo"
    wait "$demo" 2>/dev/null
    code=$?
    # shellcheck disable=SC2086 # The ids are words.
    gone $ids || complain "after SIG$signal some of $ids are left"
    if [ "$signal" = KILL ]; then
        rm -rf "$work"/majlis-demo-*
    else
        [ "$code" = 130 ] || complain "after SIG$signal the exit code is $code"
        grep -q '^majlis: ended by a signal: ' "$work/err" || complain "after SIG$signal it says: $(cat "$work/err")"
        ls -d "$work"/majlis-demo-* >/dev/null 2>&1 && complain "after SIG$signal its folders are left"
    fi
done

# A process of the demo that dies spoils it at once: it says who, shows the table, and exits with 1.
"$program" demo --seed 1 --keep >"$work/out" 2>"$work/err" &
demo=$!
read -r first rest <<<"$(children)"
for _ in {1..200}; do # What is to be kept must be there first.
    ls "$work"/majlis-demo-*/alice/profile/profile.db >/dev/null 2>&1 && break
    sleep 0.05
done
kill -9 "$first"
wait "$demo"
code=$?
demo=
[ "$code" = 1 ] || complain "without alice the exit code is $code"
grep -q '^majlis: alice ended, which nobody wanted$' "$work/err" || complain "without alice it says: $(cat "$work/err")"
grep -q 'NOT TRUE' "$work/out" || complain "without alice everything is true"
grep -q "The folders stay in $work/majlis-demo-" "$work/out" || complain "--keep does not say where the folders stay"
ls "$work"/majlis-demo-*/alice/profile/profile.db >/dev/null 2>&1 || complain "--keep keeps no profile"
grep -q $'\x1b' "$work/out" && complain "colours where there is no terminal"
# shellcheck disable=SC2086
gone $rest || complain "after its end some of $rest are left"

row=$(TMPDIR=/nowhere/at/all "$program" demo 2>&1)
code=$?
wanted='majlis: the folders of the demo cannot be made in /nowhere/at/all: No such file or directory'
[ "$code $row" = "1 $wanted" ] || complain "in a folder that is not there: exit $code and: $row"
exit $failed
