#!/usr/bin/env bash
# The whole test suite on a fresh machine: installs what is missing (Debian), builds under ASan and UBSan into
# build-asan/, runs ctest. With CI=true the same once more with clang, without what gains nothing from a second compiler:
# the tests labelled long or one_compiler.
# Arguments go to ctest: ./tests/run.sh -R schedule
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$top/examples/prepare.sh"

presets=(asan)
packages=("${packages_to_test[@]}")
if [ "${CI:-}" = true ]; then
    presets+=(asan-clang)
    packages+=("${packages_of_ci[@]}")
fi
ensure_packages "${packages[@]}"

export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
failed=0
for preset in "${presets[@]}"; do
    build "$preset" "build-$preset"
    progress=()
    [ ! -t 1 ] || progress=(--progress)
    tests=()
    [ "$preset" = asan ] || tests=(-LE 'long|one_compiler')
    # One more than there are processors: some tests wait for the clock.
    (cd "$top/build-$preset" && ctest --output-on-failure -j $(($(nproc) + 1)) "${progress[@]}" "${tests[@]}" "$@") || failed=1
done
exit $failed
