#!/usr/bin/env bash
# What README.md shows is true of what is installed. Installs the build into a folder of its own, takes the C program
# out of README.md, and builds and runs it in each of the ways a stranger would:
#   installed.sh BUILD find_package | find_package_static | pkg-config
# CC and CFLAGS are those of the build.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
build=$1
way=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/installed
mkdir "$work/consumer"

# Quiet unless it fails.
quietly() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log"; echo "failed: $*"; exit 1; }
}
quietly cmake --install "$build" --prefix "$prefix"
awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$source_dir/README.md" >"$work/consumer/example.c"
[ -s "$work/consumer/example.c" ] || { echo "README.md shows no C program"; exit 1; }

with_cmake() { # with_cmake TARGET FIND-PACKAGE-ARGUMENTS
    cat >"$work/consumer/CMakeLists.txt" <<TXT
cmake_minimum_required(VERSION 3.18)
project(consumer C)
find_package(majlis 0.1 REQUIRED $2)
add_executable(example example.c)
target_link_libraries(example PRIVATE $1)
TXT
    quietly cmake -S "$work/consumer" -B "$work/consumer/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_C_FLAGS="${CFLAGS:-}" -DCMAKE_C_COMPILER="${CC:-cc}"
    quietly cmake --build "$work/consumer/build"
    "$work/consumer/build/example"
}

with_pkg_config() {
    local libdir flags
    libdir=$(dirname "$(find "$prefix" -name libmajlis.so)")
    flags=$(PKG_CONFIG_PATH="$libdir/pkgconfig" pkg-config --cflags --libs majlis)
    # shellcheck disable=SC2086 # The flags are words.
    quietly "${CC:-cc}" ${CFLAGS:-} "$work/consumer/example.c" -o "$work/consumer/example" $flags
    LD_LIBRARY_PATH=$libdir "$work/consumer/example"
    ! readelf -d "$libdir/libmajlis.so" | grep -q 'NEEDED.*libev' || { echo "libmajlis.so needs libev"; exit 1; }
}

case $way in
find_package) with_cmake majlis::majlis "" ;;
find_package_static) with_cmake majlis::majlis_static "COMPONENTS static" ;;
pkg-config) with_pkg_config ;;
esac
