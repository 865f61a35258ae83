#!/usr/bin/env bash
# Majlis and ts-mls in the same groups, by random scripts of 30 operations; see README.md.
#   tests/interop/run.sh [SCRIPTS [SEED [SUITES...]]]
# SCRIPTS (50) are played in suite 3 and a tenth of them in each other suite; SEED is drawn and printed. Needs node 20 and
# npm, which fetches the pinned packages into build-asan/interop; where one of them is missing nothing runs, and this says
# so and ends with 0. MAJLIS_VERBOSE=1 prints each operation.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$top/examples/prepare.sh"

scripts=${1:-50}
seed=${2:-$((RANDOM * 32768 + RANDOM))}
suites=("${@:3}")
[ ${#suites[@]} -gt 0 ] || suites=(3 1 2 4 5 6 7)
home=$top/build-asan/interop

skip() {
    echo "SKIPPED: the interoperation with ts-mls did not run: $*." >&2
    exit 0
}

# The peer runs beside its packages, so that no package ever lies in the tree.
install_peer() {
    mkdir -p "$home"
    cp "$top"/tests/interop/{package.json,package-lock.json,*.mjs} "$home/"
    cmp -s "$home/package-lock.json" "$home/installed" && return 0
    (cd "$home" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >npm.log 2>&1) || return 1
    cp "$home/package-lock.json" "$home/installed"
}

for tool in node npm; do
    command -v "$tool" >/dev/null || skip "$tool is missing"
done
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "node is older than 20"
install_peer || skip "npm could not fetch ts-mls ($home/npm.log)"
ensure_packages "${packages_to_test[@]}"
build asan build-asan interop

echo "ts-mls $(node -p "require('$home/node_modules/ts-mls/package.json').version"), seed $seed"
for suite in "${suites[@]}"; do
    count=$scripts
    [ "$suite" = 3 ] || count=$(((scripts + 9) / 10))
    "$top/build-asan/tests/interop/interop" "$suite" "$count" "$seed" node "$home/peer.mjs"
done
