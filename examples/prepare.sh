# shellcheck shell=bash disable=SC2034,SC2154
# What happens before the demo or the tests run: missing Debian packages come in and the tree is built, both quietly.
# Sourced by examples/demo.sh and tests/run.sh, so that there is one list of packages. $top is the root of the tree.

packages_to_build=(gcc libc6-dev cmake ninja-build pkg-config libsodium-dev libsqlite3-dev libev-dev libmsgpack-dev
    libcjson-dev)
# libedit-dev: the prompt of the chat, with history. The build does without.
# libssl-dev: cipher suites besides 0x0003, all of which the official vectors are about.
packages_to_test=("${packages_to_build[@]}" libcmocka-dev libssl-dev libedit-dev)
# What only the continuous integration runs: a second compiler, a quick linker, the formatter, the linter, who watches secrets.
packages_of_ci=(clang libclang-rt-dev lld clang-format clang-tidy valgrind)
# Only tests/determinism.sh: compilers for 32 bits and for a big-endian machine, and what runs the latter's programs.
packages_of_determinism=(clang gcc-i686-linux-gnu libc6-dev-i386-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross
    qemu-user-static)

progress_seconds=5 # Between two lines of progress where there is no terminal.

# Reads the output of apt or ninja: the steps become one line of progress, the rest goes to the log.
show_progress() { # show_progress WHAT LOG
    local line what percent now shown='' next=$((SECONDS + progress_seconds))
    while IFS= read -r line; do
        what=$1
        case $line in
        dlstatus:*:*:* | pmstatus:*:*:*)
            [[ $line == pm* ]] || what=Downloading
            percent=${line#*:*:} && percent=${percent%%[.:]*}
            ;;
        \[*/*\]\ *)
            percent=${line#[} && percent=${percent%%]*}
            percent=$((100 * ${percent%/*} / ${percent#*/}))
            printf '%s\n' "$line" >>"$2"
            ;;
        *)
            printf '%s\n' "$line" >>"$2"
            continue
            ;;
        esac
        now="$what: $percent %"
        if [ -t 1 ]; then
            [ "$now" = "$shown" ] || printf '\r\033[K%s ' "$now"
            shown=$now
        elif [ "$SECONDS" -ge "$next" ]; then
            printf '%s\n' "$now"
            next=$((SECONDS + progress_seconds))
        fi
    done
    [ -z "$shown" ] || printf '\r\033[K'
}

# Is it there? Asks this machine only. Outside Debian, or with a tool built by hand, what the package is for counts.
has_package() {
    dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed && return 0
    case $1 in
    gcc | cmake | clang | clang-format | clang-tidy | pkg-config) command -v "$1" >/dev/null ;;
    ninja-build) command -v ninja >/dev/null ;;
    libc6-dev) has_header stdio.h ;;
    libsodium-dev) has_header sodium.h && pkg-config --exists 'libsodium >= 1.0.18' ;;
    libsqlite3-dev) has_header sqlite3.h && pkg-config --exists sqlite3 ;;
    libev-dev) has_header ev.h ;;
    libmsgpack-dev) has_header msgpack.h ;;
    libssl-dev) pkg-config --exists 'libcrypto >= 3.0' ;;
    libedit-dev) pkg-config --exists libedit ;;
    libcmocka-dev) pkg-config --exists cmocka ;;
    gcovr) command -v gcovr >/dev/null ;;
    lld) command -v ld.lld >/dev/null ;;
    valgrind) command -v valgrind >/dev/null && has_header valgrind/memcheck.h ;;
    libcjson-dev) pkg-config --exists libcjson ;;
    *) return 1 ;;
    esac 2>/dev/null
}

has_header() {
    command -v cc >/dev/null && echo "#include <$1>" | cc -E -x c - >/dev/null 2>&1
}

# Says which packages are missing and why they cannot come in by themselves; the end.
stop_without() { # stop_without WHY PACKAGES...
    local why=$1
    shift
    {
        echo "These Debian packages are missing, and $why:"
        printf '    %s\n' "$*"
        echo "Install them, then run this again."
    } >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# sudo counts as there when it will not have to ask, or can.
can_become_root() {
    [ "$(id -u)" = 0 ] && return 0
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null && return 0
    (: </dev/tty) 2>/dev/null && sudo -v
}

apt_get() { # apt_get WHAT ARGUMENTS...: quiet, with progress; the log of a failure is shown by the caller.
    local what=$1
    shift
    as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q -y --no-install-recommends \
        -o APT::Status-Fd=1 -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null 2>&1 |
        show_progress "$what" "$apt_log"
}

update_package_lists() {
    echo "Fetching the package lists (apt-get update)"
    apt_get "Package lists" update
}

install_packages() {
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || update_package_lists || return 1
    apt_get "Installing" install "$@" && return 0
    # Old lists name versions that the server no longer has.
    update_package_lists && apt_get "Installing" install "$@"
}

ensure_packages() { # ensure_packages PACKAGES...
    local package missing=()
    for package in "$@"; do
        has_package "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || stop_without "there is no apt-get to install them with" "${missing[@]}"
    can_become_root || stop_without "installing them needs root or sudo" "${missing[@]}"

    echo "Installing what is missing: ${missing[*]}"
    apt_log=$(mktemp)
    if ! install_packages "${missing[@]}"; then
        tail -n 20 "$apt_log" >&2
        rm -f "$apt_log"
        stop_without "apt-get could not install them (its last lines are above)" "${missing[@]}"
    fi
    rm -f "$apt_log"
}

# Configures and builds one preset of CMakePresets.json; says nothing when all is up to date.
build() { # build PRESET FOLDER [TARGET...]
    local log=$top/$2/build.log began=$SECONDS
    mkdir -p "$top/$2" && : >"$log"
    if ! cmake -S "$top" --preset "$1" >>"$log" 2>&1; then
        cat "$log" >&2
        echo "The configuration of $2 failed." >&2
        exit 1
    fi
    if ! NINJA_STATUS='[%f/%t] ' cmake --build "$top/$2" ${3:+--target "${@:3}"} 2>&1 | show_progress "Building" "$log"; then
        sed -n '/^FAILED/,$p' "$log" | head -n 60 >&2
        echo "The build failed; all of its output is in $2/build.log." >&2
        exit 1
    fi
    # Not of looking whether there are new files, which is step 0.
    if grep -q '^\[[1-9]' "$log"; then echo "Built $2 in $((SECONDS - began)) s"; fi
}
