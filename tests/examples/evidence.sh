#!/usr/bin/env bash
# A profile is restored from an older copy of itself and says something else: the other side keeps the proof, and
# anybody can check it:
#   evidence.sh PROGRAM
set -uo pipefail
export LC_ALL=C.UTF-8
program=$1
work=$(mktemp -d)
running=()
trap 'for id in "${running[@]}"; do kill -9 "$id" 2>/dev/null; done; rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir shared apart
failed=0
complain() { echo "$*" && failed=1; }

# start NAME FOLDER ARGUMENTS...: its lines go to NAME.out, what is written to NAME.in is its input.
start() {
    local name=$1 folder=$2
    shift 2
    rm -f "$name.in" && mkfifo "$name.in"
    "$program" chat --profile "$name" --name "$name" --transport "dir:$folder" --pace quick --json "$@" \
        <"$name.in" >"$name.out" 2>"$name.err" &
    running+=($!)
}
# await NAME PATTERN: until a line fits.
await() {
    for _ in {1..600}; do
        grep -qE -- "$2" "$1.out" && return 0
        sleep 0.05
    done
    complain "$1 did not print: $2"
    tail -n 5 "$1.out"
    exit 1
}

start alice shared --create plaza
exec 3>alice.in
start bob shared --room plaza
exec 4>bob.in
await alice '"join request"'
echo '/invite bob' >&3
await bob '"state":"live"'
echo hello >&3
await bob '"text":"hello"'
await alice '"new":"everyone"'
safety=$(grep -oE '"safety":"[0-9 ]+"' bob.out | head -n 1 | cut -d'"' -f4)

# The copy is made while nobody has the profile open.
exec 4>&-
wait "${running[1]}"
cp -r bob backup
start bob shared
exec 4>bob.in
echo left >&4
await alice '"text":"left"'
await bob '"new":"everyone"'
exec 4>&-
wait "${running[2]}"

# The older bob hears nothing of that, and shows a sign of life before it speaks.
rm -r bob && mv backup bob
start bob apart
exec 4>bob.in
await bob '"kind":"statement"'
echo right >&4
await bob '"kind":"place"'
exec 4>&-
wait "${running[3]}"
cp -rn apart/. shared/
await alice '"event":"equivocation".*"has_evidence":true'
grep -q '"text":"right"' alice.out && complain "the second place was delivered"

echo '/evidence proof' >&3
await alice '"what":"evidence"'
echo '/evidence proof' >&3
await alice '"refused".*File exists'
echo '/evidence' >&3
await alice '"event":"evidence".*"name":"bob"'
echo '/dismiss' >&3
await alice '"event":"evidence","evidence":\[\]'
exec 3>&-
wait "${running[0]}"

# check EXIT ARGUMENTS...: what it prints is in `out` and `err`.
check() {
    local wanted=$1
    shift
    "$program" verify-evidence "$@" >out 2>err
    local got=$?
    [ "$got" = "$wanted" ] || complain "verify-evidence $*: exit $got: $(cat out err)"
}
check 0 proof
for line in "safety number $safety" 'name    bob' left right 'a backup, does the same'; do
    grep -qF -- "$line" out || complain "it does not say: $line"
done
check 0 proof --author "$safety"
check 1 proof --author "00000 00000 00000 00000 00000 00000"
grep -q 'another key' err || complain "a foreign key is not told"
size=$(wc -c <proof)
for at in 1 $((size / 3)) $((size / 2)) $((size - 1)); do
    cp proof changed
    printf '\x55' | dd of=changed bs=1 seek="$at" conv=notrunc status=none
    cmp -s proof changed && printf '\x56' | dd of=changed bs=1 seek="$at" conv=notrunc status=none
    check 1 changed
done
head -c $((size - 1)) proof >changed
check 1 changed

exit $failed
