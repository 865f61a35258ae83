#!/usr/bin/env bash
# What is wrong on the command line, with the profile or with the transport gets one clear line, and the right exit code:
#   command_line.sh PROGRAM
set -uo pipefail
export LC_ALL=C.UTF-8
program=$1
work=$(mktemp -d)
running=
trap '[ -z "$running" ] || kill -9 "$running" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir shared
failed=0
rows=0

# row CODE REGEX ARGUMENTS...: the program ends with the code and says exactly one line that fits, on standard error.
row() {
    local code=$1 pattern=$2 got
    shift 2
    timeout 20 "$program" "$@" </dev/null >out 2>err
    got=$?
    rows=$((rows + 1))
    if [ "$got" != "$code" ] || [ "$(wc -l <err)" != 1 ] || ! grep -qE "^majlis: $pattern\$" err; then
        printf 'majlis %q\n  wanted exit %s and: majlis: %s\n  got exit %s and:\n' "$*" "$code" "$pattern" "$got"
        sed 's/^/    /' err
        failed=1
    fi
}
# well ARGUMENTS...: the program ends with 0 and complains of nothing; standard output is in `out`.
well() {
    timeout 20 "$program" "$@" </dev/null >out 2>err
    local got=$?
    rows=$((rows + 1))
    if [ "$got" != 0 ] || [ -s err ]; then
        printf 'majlis %s\n  wanted exit 0 and no complaint, got exit %s and:\n' "$*" "$got"
        sed 's/^/    /' err
        failed=1
    fi
}
long=$(printf 'x%.0s' {1..200})
t=--transport=dir:shared

# The command line: 2.
row 2 "what to do is missing: chat, demo, verify-evidence, replay, --help or --version"
row 2 "unknown command 'dance': there are chat, demo, verify-evidence, replay, --help and --version" dance
row 2 "unknown option '--colour': there are .*" --colour
row 2 "unknown option '--colour' of chat: see majlis --help" chat --colour
row 2 "unknown word 'alice' of chat: see majlis --help" chat alice
row 2 "unknown option '--profile' of demo: see majlis --help" demo --profile x
row 2 "--profile: DIR is missing" chat --profile
row 2 "--json: takes no value" chat --json=yes
row 2 "--name: given twice" chat --name a --name b
row 2 "--name: the name is empty" chat --name ''
row 2 "--name: the name has 200 bytes and 128 are the most" chat --name "$long"
row 2 "--create: the room name is empty" chat --create :secret
row 2 "--create: the secret after the colon is empty" chat --create plaza:
row 2 "--room: --create and --room cannot be had at once" chat --create a --room b
row 2 "--pace: there is no pace 'fast', only quick and normal" chat --pace fast
row 2 "--seed: 'x' is no number of 64 bits" demo --seed x
row 2 "--seed: '-1' is no number of 64 bits" demo --seed=-1
row 2 "--seed: '99999999999999999999' is no number of 64 bits" demo --seed 99999999999999999999
row 2 "chat: --profile DIR is missing.*" chat --name a $t
row 2 "chat: --transport is missing.*" chat --name a --profile p
row 2 "verify-evidence: FILE is missing.*" verify-evidence
row 2 "replay: LOG is missing.*" replay
row 2 "--reopen: takes no value" replay log --reopen=1
row 2 "unknown word 'second' of replay: .*" replay first second
row 2 "--record: the name is empty" chat --record ''
row 2 "unknown option '--record' of replay: .*" replay log --record other
row 2 "--author: 'bob' is no safety number" verify-evidence file --author bob
row 2 "unknown word 'second' of verify-evidence: .*" verify-evidence first second
row 2 "unknown option '-.x1b\[2J': there are .*" $'-\x1b[2J' # Nothing that moves the cursor.

well --help
grep -q -- --transport out || { echo "--help does not name --transport"; failed=1; }
well --version
grep -qxE 'majlis [0-9]+\.[0-9]+\.[0-9]+' out || { echo "--version is no version"; failed=1; }
well chat --help

# The profile: 1, and nothing is made or changed.
row 1 "profile new: a new one needs --name NAME" chat --profile new $t --create plaza
row 1 "profile new: a new one is in no room yet.*" chat --profile new $t --name a
[ ! -e new ] || { echo "a refused profile left a folder"; failed=1; }
row 1 "profile no/such/parent: the folder cannot be made: No such file or directory" \
    chat --profile no/such/parent --name a $t --create plaza
touch file
row 1 "profile file: it is not a folder" chat --profile file --name a $t --create plaza
mkdir mine && touch mine/letter
row 1 "profile mine: the folder is not a profile, 'letter' is in it.*" chat --profile mine --name a $t --create plaza
[ "$(ls mine)" = letter ] || { echo "a foreign folder was written to"; failed=1; }

# One good profile, and copies of it that are spoilt.
well chat --profile good --name alice $t --create plaza --json
spoil() { rm -rf spoilt && cp -r good spoilt; }
spoil && rm spoilt/key
row 1 "profile spoilt: its key file is missing, .*" chat --profile spoilt $t
[ ! -e spoilt/key ] || { echo "a lost key was made anew"; failed=1; }
spoil && chmod 644 spoilt/key
row 1 "key file spoilt/key: others may read or write it \(mode 0644\).*" chat --profile spoilt $t
spoil && printf x >>spoilt/key
row 1 "key file spoilt/key: it has 33 bytes and a key has 32" chat --profile spoilt $t
spoil && head -c 32 /dev/urandom >spoilt/key
row 1 "profile spoilt: the key does not open the profile" chat --profile spoilt $t
spoil && rm -f spoilt/profile.db-* && printf 'not a database, and rather long for one%.0s' {1..99} >spoilt/profile.db
row 1 "profile spoilt: the file is not a Majlis profile" chat --profile spoilt $t
spoil && rm -f spoilt/profile.db* && mkdir spoilt/profile.db
row 1 "profile spoilt: .+" chat --profile spoilt $t
well chat --profile good $t --json
grep -q '"room":"plaza"' out || { echo "a profile that was opened again is not in its room"; failed=1; }

# A second process on the same profile.
mkfifo hold
"$program" chat --profile good $t --json <hold >held 2>&1 &
running=$!
exec 3>hold
for _ in {1..200}; do grep -q '"status"' held && break; sleep 0.05; done
row 1 "profile good: another process has the profile open" chat --profile good $t
exec 3>&-
wait "$running" || { echo "the first process did not end well"; cat held; failed=1; }
running=
grep -q '"bye"' held || { echo "the first process did not say bye at the end of input"; failed=1; }

# A name that is not the profile's is told, and is no reason to end.
timeout 20 "$program" chat --profile good --name bob $t --json </dev/null >out 2>err
grep -qx "majlis: profile good: it is alice's already, and --name bob changes nothing" err ||
    { echo "another name is not told"; cat err; failed=1; }

# The transport: 1.
row 1 "transport dir:nowhere: .*nowhere.*" chat --profile good --transport dir:nowhere
row 1 "transport dir:file: .+" chat --profile good --transport dir:file
row 1 "transport dir:: .+" chat --profile good --transport dir:
row 1 "transport pigeon:coop: .+" chat --profile good --transport pigeon:coop
row 1 "transport udp:1.2.3.4:5%lo: .+" chat --profile good --transport udp:1.2.3.4:5%lo
row 1 "transport udp:239.1.2.3:4711%nosuch0: .+" chat --profile good --transport udp:239.1.2.3:4711%nosuch0

# Evidence: 1 for what proves nothing.
row 1 "nowhere: No such file or directory" verify-evidence nowhere
printf 'not evidence' >letter
row 1 "letter: it proves nothing: .+" verify-evidence letter
: >letter
row 1 "letter: it proves nothing: .+" verify-evidence letter

# Standard output that takes nothing: what was not shown is not settled, and comes again.
if [ -w /dev/full ]; then
    timeout 20 "$program" chat --profile good $t --json </dev/null >/dev/full 2>err
    got=$?
    rows=$((rows + 1))
    if [ "$got" != 1 ] || ! grep -qx "majlis: standard output: No space left on device" err; then
        echo "a full standard output: exit $got and:" && cat err
        failed=1
    fi
fi

# Plain lines for people, without a terminal: what is said leaves before the end of input ends it.
printf 'hello there\n/dance\n/who\n' | timeout 20 "$program" chat --profile good $t >out 2>err
for line in 'alice in room plaza' 'alice: hello there' "not understood: .*no 'dance'" 'safety number' 'ended: end of input'; do
    grep -qE -- "$line" out || { echo "the plain lines do not have: $line"; cat out; failed=1; }
done
if grep -q $'\x1b' out; then
    echo "colours where there is no terminal"
    failed=1
fi
[ -n "$(ls shared)" ] || { echo "nothing was written to the transport"; failed=1; }

echo "$rows rows"
exit $failed
