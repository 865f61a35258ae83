#!/usr/bin/env bash
# The engine does the same to the last bit whoever compiled it and whatever it runs on. Each build plays the same script
# (tests/replay), whose recorded logs must be the same bytes, and replays the logs of the first build: the same states,
# packets and events, also when the profile is saved and opened again after each step. Simulated groups end alike, seed by
# seed: what a failure prints shows it on another machine too.
#
#   tests/determinism.sh [BUILD...]    gcc-O2 clang-O0 sanitized i386 s390x; without arguments all of them
#
# Builds in build-determinism/. i386 and s390x (32 bits; big-endian) are compiled across, against Debian packages that are
# unpacked there and nowhere else; s390x runs under qemu-user. What a machine cannot do is said, and is no pass: exit 3.
set -euo pipefail
export LC_ALL=C
top=$(cd "$(dirname "$0")/.." && pwd)
work=$top/build-determinism
mkdir -p "$work"
missing=0
failed=0

# cross ARCH TRIPLET...: compiler and packages are there, or why not.
foreign_packages=(libsodium-dev libsodium23 libsqlite3-dev libsqlite3-0 libev-dev libev4 libmsgpack-dev libmsgpackc2
    libcjson-dev libcjson1 libcmocka-dev libcmocka0)
apt_foreign() { # apt_foreign ARCH ARGUMENTS...: apt for another architecture, with a state of its own
    local arch=$1 apt=$work/$1-apt
    shift
    mkdir -p "$apt"/{state/lists/partial,cache/archives/partial}
    : >"$apt/status"
    apt-get -q -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o Dir::State="$apt/state" \
        -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User="$(id -un)" "$@"
}

unpack_foreign() { # unpack_foreign ARCH
    local root=$work/$1-root debs=$work/$1-debs deb
    [ -e "$root/.whole" ] && return
    mkdir -p "$root" "$debs"
    # Some lists may fail where a mirror has only a part of them; the download says what counts.
    apt_foreign "$1" update >"$work/$1-apt.log" 2>&1 || true
    (cd "$debs" && apt_foreign "$1" download "${foreign_packages[@]}") >>"$work/$1-apt.log" 2>&1 || return 1
    for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$root"; done
    # Debian's msgpack says where it would have been installed.
    sed -i "s|\"/usr|\"$root/usr|g" "$root"/usr/lib/*/cmake/msgpack/*.cmake
    touch "$root/.whole"
}

toolchain() { # toolchain ARCH COMPILER LIBRARIES: a CMake toolchain file
    cat <<TXT
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR $1)
set(CMAKE_C_COMPILER $2)
set(CMAKE_FIND_ROOT_PATH $work/$1-root)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_LIBRARY_ARCHITECTURE $3)
set(ENV{PKG_CONFIG_LIBDIR} $work/$1-root/usr/lib/$3/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} $work/$1-root)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,-rpath-link,$work/$1-root/usr/lib/$3")
TXT
}

say_missing() { # say_missing BUILD WHY
    printf '%-10s NOT RUN: %s\n' "$1" "$2"
    missing=1
}

build_native() { # build_native NAME CMAKE-ARGUMENTS...
    local name=$1
    shift
    cmake -S "$top" -B "$work/$name" -G Ninja -DMAJLIS_BENCH=OFF "$@" >"$work/$name.log" 2>&1 &&
        cmake --build "$work/$name" --target replay_script majlis-sim >>"$work/$name.log" 2>&1
}

build_cross() { # build_cross ARCH COMPILER LIBRARIES
    toolchain "$@" >"$work/$1.cmake"
    build_native "$1" -DCMAKE_TOOLCHAIN_FILE="$work/$1.cmake" -DCMAKE_BUILD_TYPE=Release -DMAJLIS_WITH_OPENSSL=OFF \
        -DMAJLIS_LIBEDIT=OFF
}

# What stands before the program to run it.
runner=()
make_ready() { # make_ready BUILD: builds it and sets `runner`; 3: cannot be done here; 1: does not compile
    runner=()
    case $1 in
    gcc-O2) build_native "$1" -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Release ;;
    clang-O0)
        command -v clang >/dev/null || { say_missing "$1" "there is no clang" && return 3; }
        build_native "$1" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O0
        ;;
    sanitized) build_native "$1" -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug -DMAJLIS_SANITIZE=ON ;;
    i386)
        command -v i686-linux-gnu-gcc >/dev/null || { say_missing "$1" "there is no gcc-i686-linux-gnu" && return 3; }
        unpack_foreign i386 || { say_missing "$1" "its packages cannot be had ($work/i386-apt.log)" && return 3; }
        runner=(/usr/i686-linux-gnu/lib/ld-linux.so.2 --library-path
            "/usr/i686-linux-gnu/lib:$work/i386-root/usr/lib/i386-linux-gnu")
        "${runner[@]}" --version >/dev/null 2>&1 || { say_missing "$1" "this kernel runs no i386" && return 3; }
        build_cross i386 i686-linux-gnu-gcc i386-linux-gnu
        ;;
    s390x)
        command -v s390x-linux-gnu-gcc >/dev/null || { say_missing "$1" "there is no gcc-s390x-linux-gnu" && return 3; }
        command -v qemu-s390x-static >/dev/null || { say_missing "$1" "there is no qemu-user-static" && return 3; }
        unpack_foreign s390x || { say_missing "$1" "its packages cannot be had ($work/s390x-apt.log)" && return 3; }
        runner=(qemu-s390x-static -L /usr/s390x-linux-gnu -E
            "LD_LIBRARY_PATH=/usr/s390x-linux-gnu/lib:$work/s390x-root/usr/lib/s390x-linux-gnu")
        build_cross s390x s390x-linux-gnu-gcc s390x-linux-gnu
        ;;
    *) echo "$1: no such build" && exit 2 ;;
    esac
}

simulate() { # PROGRAM: how each group ended, of some seeds with every kind of fault
    local provider seed
    for provider in toy real; do
        for seed in {1..12}; do
            "${runner[@]}" "$1" --seed $seed --members 3 --steps 12 --seconds 900 --provider $provider || true
        done
    done
}

check() { # check BUILD
    local name=$1 began=$SECONDS result=0 logs=$work/$1-logs program=$work/$1/tests/replay/replay_script
    make_ready "$name" || result=$?
    [ $result = 3 ] && return
    if [ $result != 0 ]; then
        printf '%-10s does not build (%s)\n' "$name" "$work/$name.log"
        grep -m 5 -E 'error|Error' "$work/$name.log"
        failed=1
        return
    fi
    mkdir -p "$logs"
    if ! "${runner[@]}" "$program" write "$logs" >"$logs/written" 2>&1; then
        printf '%-10s cannot play the script: %s\n' "$name" "$(tail -n 1 "$logs/written")"
        failed=1
        return
    fi
    # The first build is what the others are held against.
    [ -n "${reference:-}" ] || reference=$logs
    for way in replay reopen; do
        "${runner[@]}" "$program" $way "$reference"/?.log >"$logs/$way" 2>&1 || failed=1
        cmp -s "$reference/replay" "$logs/$way" || {
            printf '%-10s %s differs:\n' "$name" $way
            diff "$reference/replay" "$logs/$way" | sed -n 's/^>/ /p' || true
            failed=1
        }
    done
    cmp -s "$reference/written" "$logs/written" || {
        printf '%-10s writes other logs:\n' "$name"
        diff "$reference/written" "$logs/written" | sed -n 's/^>/ /p' || true
        failed=1
    }
    # A seed that breaks a promise breaks it everywhere.
    simulate "$work/$name/tests/sim/majlis-sim" >"$logs/simulated" 2>&1
    cmp -s "$reference/simulated" "$logs/simulated" || {
        printf '%-10s simulates other groups:\n' "$name"
        diff "$reference/simulated" "$logs/simulated" | sed -n 's/^>/ /p' | head -n 10 || true
        failed=1
    }
    printf '%-10s logs %s  replayed %s  reopened %s  simulated %s  (%d s)\n' "$name" "$(hash_of "$logs/written")" \
        "$(hash_of "$logs/replay")" "$(hash_of "$logs/reopen")" "$(sha256sum <"$logs/simulated" | cut -c1-16)" $((SECONDS - began))
}

hash_of() { cut -d' ' -f2 "$1" | sha256sum | cut -c1-16; }

builds=("$@")
[ $# -gt 0 ] || builds=(gcc-O2 clang-O0 sanitized i386 s390x)
# One build alone has nothing to be held against.
[ "${builds[0]}" = gcc-O2 ] || builds=(gcc-O2 "${builds[@]}")
for build in "${builds[@]}"; do check "$build"; done
[ $failed = 0 ] || { echo "The builds differ." && exit 1; }
[ $missing = 0 ] || exit 3
echo "All are the same."
