#!/usr/bin/env bash
# One layer cannot include what lies above or beside it. Compiles a probe with the include folders of the layer:
#   layers.sh LAYER-FOLDER INCLUDE-FOLDERS ALLOWED-FOLDERS   (colons between folders)
# The probe asks for each private header of every other folder by name; one that is found is a wall that fell.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
layer=$1
IFS=: read -ra includes <<<"$2"
IFS=: read -ra allowed <<<"$3"
cd "$source_dir"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

headers() { find "$1" -maxdepth 1 -name '*.h' -printf '%f\n' | sort; }
own=$(for folder in "${allowed[@]}"; do headers "$folder"; done)
probe() { # probe HEADER if|ifnot: refuses to compile when the header is seen (if) or is not (ifnot).
    local not=; [ "$2" = ifnot ] && not='!'
    printf '#if %s__has_include("%s")\n#error "%s"\n#endif\n' "$not" "$1" "$1"
}

{
    for header in $(headers "$layer"); do probe "$header" ifnot; done
    for folder in sched session session/mls session/store transport examples; do
        case ":$3:" in *":$folder:"*) continue ;; esac
        for header in $(headers "$folder"); do
            # A name that the layer has too says nothing.
            grep -qxF "$header" <<<"$own" || probe "$header" if
        done
    done
    echo 'typedef int probe;'
} >"$work/probe.c"
if ! "${CC:-cc}" -fsyntax-only "${includes[@]/#/-I}" "$work/probe.c" 2>"$work/errors"; then
    echo "$layer sees headers that are not for it, or misses its own:"
    sed -n 's/.*error: #error "\(.*\)"/  \1/p; s/.*error: "\(.*\)"/  \1/p' "$work/errors"
    exit 1
fi
echo "$layer: $(grep -c has_include "$work/probe.c") headers asked for"
