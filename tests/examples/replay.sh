#!/usr/bin/env bash
# Two chats are recorded, one of them is killed: their logs run again to the same, and a log that was cut or damaged is
# said to be so:
#   replay.sh PROGRAM
set -uo pipefail
export LC_ALL=C.UTF-8
program=$1
work=$(mktemp -d)
running=()
trap 'for id in "${running[@]}"; do kill -9 "$id" 2>/dev/null; done; rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir shared
failed=0
complain() { echo "$*" && failed=1; }

# start NAME LOG ARGUMENTS...: its lines go to NAME.out, what is written to NAME.in is its input.
start() {
    local name=$1 log=$2
    shift 2
    rm -f "$name.in" && mkfifo "$name.in"
    "$program" chat --profile "$name" --name "$name" --transport dir:shared --pace quick --json --record "$log" "$@" \
        <"$name.in" >>"$name.out" 2>>"$name.err" &
    running+=($!)
}
await() { # await NAME PATTERN: until a line fits.
    for _ in {1..600}; do
        grep -qE -- "$2" "$1.out" && return 0
        sleep 0.05
    done
    complain "$1 did not print: $2"
    tail -n 5 "$1.out" "$1.err"
    exit 1
}
# replays CODE PATTERN LOG...: what `majlis replay` answers, on either output.
replays() {
    local code=$1 pattern=$2 got
    shift 2
    "$program" replay "$@" >said 2>&1
    got=$?
    [ "$got" = "$code" ] || complain "replay $*: exit $got, not $code"
    grep -qE -- "$pattern" said || complain "replay $*: it does not say '$pattern' but: $(cat said)"
}

start alice alice.1.log --create plaza:secret
exec 3>alice.in
start bob bob.log --room plaza:secret
exec 4>bob.in
await alice '"join request"'
echo /invite bob >&3
await bob '"new":"live"'
echo 'hello from alice' >&3
await bob 'hello from alice'
echo 'hello from bob' >&4
await alice 'hello from bob'
kill -9 "${running[0]}"
wait "${running[0]}" 2>/dev/null
exec 3>&-
start alice alice.2.log --create plaza:secret
exec 3>alice.in
echo 'here again' >&3
await bob 'here again'
exec 3>&- 4>&-
wait "${running[1]}" "${running[2]}" || complain "a recorded chat did not end well"

[ "$(stat -c %a bob.log)" = 600 ] || complain "a log can be read by others"
grep -q 'IT HOLDS EVERY SECRET' bob.err || complain "it was not said what a log holds"
replays 0 'equal: .* inputs, .* steps, [1-9][0-9]* states compared' bob.log
replays 0 'equal: .* inputs, .* steps, [1-9][0-9]* states compared' --reopen bob.log
replays 0 'the log was cut' alice.1.log # It was killed.
replays 0 'equal: .* inputs, .* steps, [1-9][0-9]* states compared' alice.2.log
replays 0 'equal: .* inputs, .* steps, [1-9][0-9]* states compared' --reopen alice.2.log

# Damage: 2, and one line.
size=$(stat -c %s bob.log)
for cut in 0 1 15; do
    head -c $cut bob.log >part
    replays 2 'part: it ends before its first input' part
done
for cut in $((size / 7)) $((size / 2)) $((size - 1)); do
    head -c "$cut" bob.log >part
    replays 0 'the log was cut: it ends with input' part
done
for at in 3 20 $((size / 3)) $((size - 2)); do
    cp bob.log spoilt
    old=$(od -An -tu1 -j "$at" -N 1 spoilt)
    printf '%b' "\\x$(printf %02x $((old ^ 16)))" | dd of=spoilt bs=1 seek="$at" conv=notrunc status=none
    replays 2 'spoilt: (damaged at byte|it is no recording)' spoilt
    [ "$(wc -l <said)" = 1 ] || complain "damage is not said in one line: $(cat said)"
done
printf 'a letter that is no log' >letter
replays 2 'letter: it is no recording' letter
replays 2 'nowhere: No such file or directory' nowhere

# A log that is there is not written over.
cp bob.log before
"$program" chat --profile bob --transport dir:shared --record bob.log </dev/null >out 2>err && complain "a log was reused"
grep -q 'recording bob.log: it is there already' err || complain "it was not said: $(cat err)"
cmp -s bob.log before || complain "a log was written over"
exit $failed
