#!/usr/bin/env bash
# Shows that the tests see: builds each seeded bug of mutants.txt, one at a time, runs what hunts it, says who saw it.
#   tests/mutants/run.sh [NUMBER|A..B ...]        all of them by default
#   tests/mutants/run.sh rotate COUNT TURN        COUNT of them, others in the next TURN
# Exit 1 if one lives, or if an oracle of the simulator did not see the mutant that README.md names for it. Builds into build-mutants/. A bug is compiled by itself and linked before the libraries, whose own
# copy of that file is then left out; `cmake -DMAJLIS_MUTANT=N` builds the same the long way.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$top/examples/prepare.sh"
list=$here/mutants.txt
folder=$top/build-mutants
patience=${MAJLIS_MUTANT_SECONDS:-120} # For one hunter.

mapfile -t all < <(sed -nE 's/^== ([0-9]+) .*/\1/p' "$list")
chosen=()
if [ "${1:-}" = rotate ]; then
    for ((i = 0; i < $2; i++)); do chosen+=("${all[(i + $3 * $2) % ${#all[@]}]}"); done
else
    for word; do
        case $word in *..*) mapfile -t range < <(seq "${word%..*}" "${word#*..}") && chosen+=("${range[@]}") ;; *) chosen+=("$word") ;; esac
    done
    [ $# -gt 0 ] || chosen=("${all[@]}")
    mapfile -t chosen < <(grep -xF -f <(printf '%s\n' "${chosen[@]}") <(printf '%s\n' "${all[@]}"))
fi

# The lines of one mutant between its name and its code: the file, then who hunts it.
head_of() { awk -v n="$1" '$1 == "==" { on = $2 == n; next } $0 == "<<<" { on = 0 } on' "$list"; }
# The targets that hunt one of the chosen.
hunters() {
    local number
    for number in "${chosen[@]}"; do head_of "$number"; done | sed -nE 's/^sim .*/majlis-sim/p; s/^test ([^ ]+).*/\1/p; s,^all ([^ ]+).*,tests/\1/all,p' | sort -u
}

ensure_packages "${packages_to_test[@]}"
mapfile -t wanted < <(hunters)
build mutants build-mutants "${wanted[@]}"
made_in=$folder/mutants
mkdir -p "$made_in"
targets=$(ninja -C "$folder" -t targets all)

name_of() { sed -nE "s/^== $1 (.*)/\1/p" "$list"; }
object_of() { # session/mls/x.c -> session/mls/CMakeFiles/majlis_mls.dir/x.c.o
    sed -n "s|: .*||; \|^${1%/*}/CMakeFiles/[a-z_]*\.dir/${1##*/}\.o$|p" <<<"$targets"
}
command_of() { ninja -C "$folder" -t commands "$1" | tail -n 1; }

compile_bug() { # NUMBER: its object
    local file made object command
    file=$(cmake -DNUMBER="$1" -DOUT_DIR="$made_in" -P "$here/mutant.cmake") || return
    made=${file#* } file=${file% *}
    object=$(object_of "$file")
    command=$(command_of "$object")
    command=${command//"$top/$file"/"$made"}
    rm -f "$made.o"
    (cd "$folder" && eval "${command//"$object"/"$made.o"} -w") >&2 || return # What a bug leaves unused is no news.
    [ -e "$made.o" ] && echo "$made.o"
}
link_with_bug() { # OBJECT TARGET OUT
    local target command
    target=$(sed -n "s|: .*||; \|^\(.*/\)\?$2$|p" <<<"$targets" | grep / | head -n 1) || true
    [ -n "$target" ] || { echo "there is no program $2" >&2 && return 2; }
    command=$(command_of "$target")
    (cd "$folder" && eval "${command/ -o $target / -o $3 $1 }")
}

hunt() { # HUNTER ARGS... : who saw it, if somebody did
    local out=$made_in/out.txt hunter=$1 status=0
    shift
    (cd "$top" && timeout "$patience" "$hunter" "$@") >"$out" 2>&1 || status=$?
    [ $status -ne 0 ] || return 1
    # Out of time is no answer: the machine may be busy.
    if [ $status = 124 ]; then echo "mutant $number: ${words[*]} was out of time" >&2 && return 1; fi
    sed -nE 's/^.*BROKEN: *([^:]*):.*/\1/p; s/^\[  FAILED  \] ([a-z_0-9]+)$/\1/p' "$out" | head -n 1 | grep . && return
    sed -nE 's/^\[ RUN      \] ([a-z_0-9]+).*/\1 (crashed)/p' "$out" | tail -n 1 | grep . || echo "exit $status"
}

declare -A seen_by
# README.md says which mutant each oracle has seen: is it still so, of those that were hunted?
check_oracles() {
    local oracle number
    while read -r oracle number; do
        [ -n "${seen_by[$number]:-}" ] || continue
        [[ " ${seen_by[$number]#sim: } " == *" $oracle "* ]] && continue
        echo "oracle $oracle did not see mutant $number: ${seen_by[$number]}" && lived=$((lived + 1))
    done < <(sed -nE 's/^\| ([A-Za-z0-9]+) \| ([0-9]+) \|.*/\1 \2/p' "$here/README.md")
}

lived=0 began=$SECONDS
printf '%4s  %-58s %s\n' "" mutant "seen by"
for number in "${chosen[@]}"; do
    object=$(compile_bug "$number") || { printf '%4s  %-58s does not compile or does not fit\n' "$number" "$(name_of "$number")" && lived=$((lived + 1)) && continue; }
    seen=
    while read -r kind args && [ -z "$seen" ]; do
        read -ra words <<<"$args"
        case $kind in
        sim)
            link_with_bug "$object" majlis-sim "$made_in/hunter" || continue
            seen=$(hunt "$made_in/hunter" "${words[@]}") && seen="sim: $seen" || seen=
            ;;
        test)
            link_with_bug "$object" "${words[0]}" "$made_in/hunter" || continue
            seen=$(hunt "$made_in/hunter" "${words[@]:1}") && seen="${words[0]}: $seen" || seen=
            ;;
        all)
            for program in "$folder/tests/${words[0]}"/*_test; do
                link_with_bug "$object" "${program##*/}" "$made_in/hunter"
                seen=$(hunt "$made_in/hunter") && seen="${program##*/}: $seen" && break || seen=
            done
            ;;
        *) echo "mutant $number: nobody hunts with '$kind'" >&2 && exit 2 ;;
        esac
    done < <(head_of "$number" | tail -n +2)
    [ -n "$seen" ] || { seen="*** NOBODY ***" && lived=$((lived + 1)); }
    seen_by[$number]=$seen
    printf '%4s  %-58s %s\n' "$number" "$(name_of "$number")" "$seen"
done
check_oracles
printf '%s of %s as they should be, %s s\n' $((${#chosen[@]} - lived)) ${#chosen[@]} $((SECONDS - began))
[ $lived = 0 ]
