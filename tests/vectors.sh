#!/usr/bin/env bash
# Counts the official MLS vectors: one line per file, then the sum. Fails when one did not pass,
# in the continuous integration also when one did not run.
#   tests/vectors.sh [BUILD]    default build-asan (./tests/run.sh makes it)
# The vectors are looked for in MAJLIS_MLS_VECTORS; where they come from stands in README.md.
set -euo pipefail
cd "$(dirname "$0")/../${1:-build-asan}"
ctest -R '^mls_vectors$' -V | sed -nE 's/^[0-9]+: ([A-Za-z_-]+): ([0-9]+) run, ([0-9]+) passed, ([0-9]+) skipped.*/\1 \2 \3 \4/p' |
    sort | awk '
        { printf "%-36s %3d of %3d\n", $1, $3, $2; files++; run += $2; passed += $3; skipped += $4 }
        END {
            printf "official MLS vectors: %d of %d passed, %d skipped, in %d files\n", passed, run, skipped, files
            if (files == 0) print "(none found: set MAJLIS_MLS_VECTORS to the folder of the *.json files)"
            exit passed != run || (ENVIRON["CI"] == "true" && skipped != 0)
        }'
