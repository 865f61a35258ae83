#!/usr/bin/env bash
# No jump and no index depends on a secret: valgrind's memcheck watches a story in which secrets count as undefined
# (tests/memory/README.md).
#   tests/constant_time.sh [PROGRAM]    default: build-release-tests/tests/memory/memory_constant_time, built when missing
# Ends with 77 where there is no valgrind.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=${1:-}
if ! command -v valgrind >/dev/null || ! echo "#include <valgrind/memcheck.h>" | cc -E -x c - >/dev/null 2>&1; then
    echo "NOT CHECKED: whether anything depends on secrets, for want of valgrind (the Debian package valgrind)"
    exit 77
fi
if [ -z "$program" ]; then
    . "$top/examples/prepare.sh"
    ensure_packages "${packages_to_test[@]}"
    build release-tests build-release-tests memory_constant_time
    program=$top/build-release-tests/tests/memory/memory_constant_time
fi
exec valgrind --quiet --error-limit=no --num-callers=30 --error-exitcode=9 "$program"
