#!/usr/bin/env bash
# A full disk: one clear line, exit 1, and nothing lost that was said to be said:
#   full_disk.sh PROGRAM
# Mounts a small file system in a namespace of its own; where that is not allowed, it is skipped (77).
set -uo pipefail
program=$1
if [ "${2:-}" != inside ]; then
    unshare -rm true 2>/dev/null || { echo "no namespace of our own here"; exit 77; }
    exec unshare -rm "$0" "$program" inside
fi
work=$(mktemp -d)
trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/disk" "$work/shared"
mount -t tmpfs -o size=2m none "$work/disk" || { echo "no file system of our own here"; exit 77; }
cd "$work" || exit 1

chat() {
    timeout 30 "$program" chat --profile disk/profile --name alice --transport dir:shared --create plaza --json
}
echo 'before' | chat >out 2>err || { echo "it does not start on an empty disk"; cat err; exit 1; }
# Fills the disk from beside while the program talks.
{
    for i in $(seq 1 400); do
        echo "message $i"
        [ "$i" != 20 ] || cat /dev/zero >disk/ballast 2>/dev/null
        sleep 0.01
    done
} | chat >out 2>err
code=$?
[ "$code" = 1 ] || { echo "exit $code on a full disk"; cat err; exit 1; }
[ "$(cat err)" = 'majlis: profile disk/profile: the disk is full' ] || { echo "what it said:"; cat err; exit 1; }
said=$(grep -c '"event":"said"' out)
if [ "$said" -lt 15 ] || [ "$said" -ge 400 ]; then
    echo "$said messages were said to be said"
    exit 1
fi

rm disk/ballast
echo '/messages' | chat >again 2>err || { echo "it does not start again"; cat err; exit 1; }
grep -o '"message":"[0-9a-f]*","said"' out | cut -d'"' -f4 | while read -r id; do
    grep '"event":"messages"' again | grep -q "$id" || { echo "$id was said, and is lost"; exit 1; }
done || exit 1
echo "$said messages were said before the disk was full, and all are there"
