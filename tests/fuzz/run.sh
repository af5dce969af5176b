#!/bin/bash
# Build the fuzz preset, run every target for some seconds of CPU, print how much of the parsers they reached.
#   tests/fuzz/run.sh [SECONDS] [TARGET...]     e.g. tests/fuzz/run.sh 600 head chunked
# SECONDS is for each target, 60 by default. Exit status 1 if a target found something or reached less than 90 % of
# the lines of the files that its "Covers:" comment names.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-60}
[ $# -eq 0 ] || shift
least=90
build=build/fuzz
failed=0

tool() {
    command -v "$1" || command -v "$1-14" || { echo "tests/fuzz/run.sh: $1 is missing; install llvm" >&2; exit 1; }
}
profdata=$(tool llvm-profdata)
cov=$(tool llvm-cov)

# The files between "Covers:" and the end of the comment.
covered_files() {
    sed -n '/Covers:/,/\*\//p' "$1" | tr ' ' '\n' | grep -E '^(src|bench)/.*\.c$' || true
}

if [ $# -eq 0 ]; then
    for source in tests/fuzz/*/fuzz_*.c; do
        name=$(basename "$source" .c)
        set -- "$@" "${name#fuzz_}"
    done
fi

cmake --preset fuzz >/dev/null
for name in "$@"; do
    cmake --build --preset fuzz --target "fuzz_$name"
done

# Run a target until it has used that much CPU: on a busy machine that takes several rounds, each of which starts with
# what the others found. Prints the seconds.
fuzz() { # TARGET SECONDS FOUND CORPUS
    local used=0 round
    local TIMEFORMAT=%U
    while [ "$used" -lt "$2" ]; do
        round=$({ time LLVM_PROFILE_FILE="$1.profraw" "$1" -max_total_time=$(($2 - used)) -timeout=10 \
            -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 -artifact_prefix="$3-" "$3" "$4" \
            >"$3.log" 2>&1; } 2>&1) || return 1
        used=$((used + ${round%.*} + 1))
    done
    echo "$used"
}

# Lines of the named files, wherever compiler and cache say that they lie.
coverage() { # NAME TARGET FILES
    "$profdata" merge -sparse "$2.profraw" -o "$2.profdata"
    "$cov" report "$2" -instr-profile="$2.profdata" | awk -v least=$least -v name="$1" -v files="$3" '
        BEGIN { count = split(files, wanted) }
        {
            for (i = 1; i <= count; i++)
                if ($1 == wanted[i] || substr($1, length($1) - length(wanted[i])) == "/" wanted[i]) {
                    printf "   %-28s %5d lines  %s\n", $1, $8, $10
                    lines += $8; missed += $9; seen++
                }
        }
        END {
            if (seen != count) { printf "%s: of %d files %d are compiled in\n", name, count, seen; exit 1 }
            printf "   %-28s %5d lines  %.2f%%\n", "all", lines, 100 * (lines - missed) / lines
            if (100 * (lines - missed) < least * lines) { printf "%s: less than %d %% of the lines\n", name, least; exit 1 }
        }'
}

for name in "$@"; do
    source=$(echo tests/fuzz/*/"fuzz_$name.c")
    files=$(covered_files "$source")
    if [ -z "$files" ]; then
        echo "$name: no \"Covers:\" comment in $source"
        failed=1
        continue
    fi
    found=$build/found/$name
    mkdir -p "$found"
    echo "== $name: $seconds s"
    if used=$(fuzz "$build/tests/fuzz_$name" "$seconds" "$found" "tests/fuzz/corpus/$name"); then
        echo "$name: $used s of CPU, $(find "$found" -type f | wc -l) inputs kept, nothing found"
        coverage "$name" "$build/tests/fuzz_$name" "$files" || failed=1
    else
        tail -n 60 "$found.log"
        echo "$name: FAILED; the input is in $found-*"
        failed=1
    fi
done
exit $failed
