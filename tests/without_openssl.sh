#!/usr/bin/env bash
# A build without OpenSSL: it compiles, and passes the official vectors of the one cipher suite that it has.
#   tests/without_openssl.sh    builds in build-without-openssl; says what it cannot run
set -euo pipefail
cd "$(dirname "$0")/.."
build=build-without-openssl
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DMAJLIS_WITH_OPENSSL=OFF -DMAJLIS_BENCH=OFF \
    -DMAJLIS_WARNINGS_AS_ERRORS=ON >/dev/null
cmake --build "$build" --target mls_vectors mls_suites_test mls_suite_groups_test >/dev/null
! ldd "$build/tests/mls/mls_vectors" | grep -q libcrypto || { echo "libcrypto is linked all the same"; exit 1; }
for name in suites_test suite_groups_test vectors; do
    "$build/tests/mls/mls_$name" >"$build/log" 2>&1 || { cat "$build/log"; exit 1; }
done
grep ': [0-9]* run, ' "$build/log"
