#!/usr/bin/env bash
# The demo on a fresh machine: installs what is missing (Debian), builds the program into build/, runs `majlis demo`.
# Arguments go to the demo: ./examples/demo.sh --keep
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$top/examples/prepare.sh"

ensure_packages "${packages_to_build[@]}"
build release build majlis
exec "$top/build/majlis" demo "$@"
