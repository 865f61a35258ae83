#!/usr/bin/env bash
# Each public header stands alone: it compiles by itself as strict C11 and, where there is a C++ compiler, as C++.
set -euo pipefail
cd "$(dirname "$0")/../../include"
failed=0
for header in majlis/*.h; do
    # Twice, for its guard; the typedef because an empty program is not strict C.
    program=$(printf '#include "%s"\n' "$header" "$header"; echo 'typedef int not_empty;')
    "${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I. -x c - <<<"$program" || failed=1
    if command -v c++ >/dev/null; then
        c++ -std=c++11 -Wall -Wextra -Werror -fsyntax-only -I. -x c++ - <<<"$program" || failed=1
    fi
done
exit $failed
