#!/usr/bin/env bash
# Proves the README's two commands on a fresh machine: a minimal Debian 12 made with debootstrap from this machine's own
# apt sources, a fresh clone of what is committed here, both commands as a newcomer types them, each twice.
#   sudo tests/fresh.sh          takes some minutes and 3 GB in TMPDIR; needs root, for debootstrap and chroot
#   FRESH_KEEP=1 ...             leaves the root folder behind and says where
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
suite=bookworm

[ "$(id -u)" = 0 ] || { echo "tests/fresh.sh needs root: debootstrap and chroot do. Try: sudo tests/fresh.sh" >&2; exit 2; }
command -v apt-get >/dev/null || { echo "tests/fresh.sh needs a Debian machine: there is no apt-get" >&2; exit 2; }

# In namespaces of its own no mount and no process outlives this script, however it ends.
if [ "${1:-}" != --inside ] && unshare --mount --pid --fork --kill-child true 2>/dev/null; then
    exec unshare --mount --propagation private --pid --fork --kill-child "$0" --inside
fi

root=$(mktemp -d "${TMPDIR:-/tmp}/majlis-fresh.XXXXXX")
chmod 755 "$root" # It becomes a / that every user can enter.
log=$root.log
began=$SECONDS
mounted=()

clean_up() {
    local status=$? at
    trap - EXIT
    for at in "${mounted[@]}"; do umount -l "$at" || true; done
    if [ "${FRESH_KEEP:-}" = 1 ]; then
        echo "Left: $root and $log"
    elif grep -qF " $root/" /proc/self/mountinfo; then
        echo "Something is still mounted below $root: it is left there" >&2
    else
        rm -rf --one-file-system "$root" "$log"
    fi
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

say() { printf '[%4d s] %s\n' $((SECONDS - began)) "$*"; }
fail() {
    say "FAILED: $*" >&2
    [ ! -s "$log" ] || { echo "--- the last lines of the log:" >&2; tail -n 40 "$log" >&2; }
    exit 1
}
quietly() { "$@" >"$log" 2>&1 </dev/null || fail "$*"; }

# inside USER COMMAND: as at a first login there. No terminal, no locale, nothing of this machine's environment but
# the way to the network.
inside() {
    local user=$1 home=/home/$1 name environment=()
    [ "$user" != root ] || home=/root
    for name in http_proxy https_proxy ftp_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        [ -z "${!name:-}" ] || environment+=("$name=${!name}")
    done
    [ ! -d "$root/srv/mls-vectors" ] || environment+=(MAJLIS_MLS_VECTORS=/srv/mls-vectors)
    chroot --userspec="$user:$user" "$root" env -i HOME="$home" USER="$user" "${environment[@]}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        sh -c "cd $home && { [ ! -d majlis ] || cd majlis; } && $2" </dev/null
}

# ---- The machine ----

debian_sources() { apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian' | grep -E "^deb [^ ]+ $suite(-updates|-security)? main$" | sort -u || true; }

make_root() {
    local sources proxy include=git
    command -v debootstrap >/dev/null || {
        quietly apt-get update
        quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends debootstrap
    }
    sources=$(debian_sources)
    [ -n "$sources" ] || { quietly apt-get update; sources=$(debian_sources); }
    grep -q " $suite main$" <<<"$sources" || fail "this machine's apt sources do not have Debian's $suite"
    ! grep -q 'deb https' <<<"$sources" || include+=,ca-certificates

    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    [ -z "${proxy:-}" ] || [ "$proxy" = DIRECT ] || export http_proxy=${http_proxy:-$proxy}
    quietly debootstrap --variant=minbase --include=$include $suite "$root" \
        "$(awk -v suite=$suite '$3 == suite { print $2; exit }' <<<"$sources")"

    printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
    # How this machine reaches its mirrors: proxies and clock checks, credentials, keys, names.
    apt-config dump Acquire | grep -E '^Acquire::(https?::|ForceIPv|Check-|Retries)' >"$root/etc/apt/apt.conf.d/90machine" || true
    cp -rT /etc/apt/auth.conf.d "$root/etc/apt/auth.conf.d" 2>/dev/null || true
    cp -rT /etc/apt/trusted.gpg.d "$root/etc/apt/trusted.gpg.d" 2>/dev/null || true
    [ ! -f /etc/apt/auth.conf ] || cp /etc/apt/auth.conf "$root/etc/apt/"
    [ ! -f /etc/ssl/certs/ca-certificates.crt ] || [ -z "${include#git}" ] ||
        cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    # An image comes without package lists.
    rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/archives/*.deb
}

mount_proc() {
    local what
    for what in "-t proc proc" "--bind /proc"; do
        # shellcheck disable=SC2086 # Two words.
        if mount $what "$root/proc" 2>/dev/null; then mounted+=("$root/proc"); return; fi
    done
    say "This machine lets nobody mount /proc: without it the sanitizers of tests/run.sh cannot work in a chroot" >&2
}

# The chat is tested on terminals, which are files below /dev/pts.
mount_terminals() {
    mkdir -p "$root/dev/pts"
    if mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts" 2>/dev/null; then
        mounted+=("$root/dev/pts")
        rm -f "$root/dev/ptmx" && ln -s pts/ptmx "$root/dev/ptmx"
    else
        say "This machine lets nobody mount /dev/pts: the tests on terminals are skipped" >&2
    fi
}

clone_for() { # clone_for USER
    inside "$1" "git clone -q /srv/majlis.bundle majlis" >"$log" 2>&1 || fail "git clone"
}

put_sources_in() {
    local branch vectors=${MAJLIS_MLS_VECTORS:-$top/../shared/vectors/mls}
    [ -z "$(git -c safe.directory='*' -C "$top" status --porcelain)" ] ||
        say "Note: there are changes that are not committed; the clone does not have them"
    branch=$(git -c safe.directory='*' -C "$top" symbolic-ref -q --short HEAD || true)
    # A bundle can be cloned by any user; a folder only by its owner.
    quietly git -c safe.directory='*' -C "$top" bundle create "$root/srv/majlis.bundle" HEAD ${branch:+"$branch"}
    if [ -d "$vectors" ]; then
        cp -r "$vectors" "$root/srv/mls-vectors"
        chmod -R a+rX "$root/srv/mls-vectors"
    else
        say "Note: no MLS vectors here (MAJLIS_MLS_VECTORS); their tests will be skipped"
    fi
}

# ---- What is to be proved ----

# All that a second run could change: packages, and what the compiler and the linker wrote.
state_of() { # state_of USER
    inside "$1" "dpkg-query -W; find build* -type f \( -name '*.o' -o -name '*.a' -o -name '*.so*' -o -perm -100 \) -printf '%p %T@\n' | sort"
}

take_apt_away() { mv "$root/usr/bin/apt-get" "$root/srv/apt-get"; }
give_apt_back() { mv "$root/srv/apt-get" "$root/usr/bin/apt-get"; }

# Without apt, and without sudo, a machine that lacks something gets one clear list and a failure.
is_refused() { # is_refused USER WHY
    local said
    if said=$(inside "$1" ./examples/demo.sh 2>&1); then fail "demo.sh succeeded for $1 although packages are missing"; fi
    grep -q "$2" <<<"$said" && grep -q libsodium-dev <<<"$said" || fail "demo.sh said only: $said"
}

# The command works; run again where nothing can be installed, it works and changes nothing.
works_twice() { # works_twice USER COMMAND
    local at=$SECONDS before after
    grep -qF "$2" "$top/README.md" || fail "README.md does not show $2"
    : >"$log" # What follows is seen as it happens.
    inside "$1" "$2" 2>&1 | sed 's/^/    | /' || fail "$2"
    say "$2 took $((SECONDS - at)) s"
    before=$(state_of "$1")
    at=$SECONDS
    take_apt_away
    inside "$1" "$2" >"$log" 2>&1 || fail "the second $2"
    give_apt_back
    after=$(state_of "$1")
    [ "$before" = "$after" ] ||
        fail "the second $2 changed: $(diff <(echo "$before") <(echo "$after") | sed -n 's/^[<>]/ /p' | head -n 5)"
    ! grep -E '^(Installing|Built|Fetching)' "$log" || fail "the second $2 did more than run"
    say "$2 again: nothing installed, nothing rebuilt, $((SECONDS - at)) s"
}

say "Making a minimal Debian ($suite)"
make_root
mount_proc
mount_terminals
put_sources_in
quietly chroot "$root" useradd --create-home --shell /bin/bash newcomer
clone_for newcomer
say "A user without root and without sudo is told what is missing"
is_refused newcomer "root or sudo"
clone_for root
say "Without apt-get root is told too"
take_apt_away
is_refused root "no apt-get"
give_apt_back

say "./examples/demo.sh, as root, from nothing"
works_twice root ./examples/demo.sh

say "./tests/run.sh, as a user with sudo"
quietly inside root "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends sudo"
echo 'newcomer ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/newcomer"
works_twice newcomer ./tests/run.sh

say "Both commands work on a fresh machine"
