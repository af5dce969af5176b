#!/bin/sh
# Build the fuzz preset, run every target for some seconds, print how much of the parsers they reached.
#   tests/fuzz/run.sh [SECONDS] [TARGET...]     e.g. tests/fuzz/run.sh 600 head chunked
# SECONDS is for each target, 60 by default. Exit status 1 if a target found something or reached less than 90 % of
# the lines of the files that its "Covers:" comment names.
set -eu
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
    sed -n '/Covers:/,/\*\//p' "$1" | tr ' ' '\n' | grep '^src/.*\.c$' || true
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

for name in "$@"; do
    source=$(echo tests/fuzz/*/"fuzz_$name.c")
    target=$build/tests/fuzz_$name
    found=$build/found/$name
    log=$build/found/$name.log
    mkdir -p "$found"
    echo "== $name: $seconds s"
    if LLVM_PROFILE_FILE="$target.profraw" "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=16384 -print_final_stats=1 -artifact_prefix="$found-" "$found" "tests/fuzz/corpus/$name" \
        >"$log" 2>&1; then
        grep -E 'number_of_executed_units|new_units_added|Done' "$log"
    else
        tail -n 60 "$log"
        echo "$name: FAILED; the input is in $found-*"
        failed=1
        continue
    fi
    files=$(covered_files "$source")
    if [ -z "$files" ]; then
        echo "$name: no \"Covers:\" comment in $source"
        failed=1
        continue
    fi
    "$profdata" merge -sparse "$target.profraw" -o "$target.profdata"
    # shellcheck disable=SC2086 # the names hold no spaces
    "$cov" report "$target" -instr-profile="$target.profdata" $files |
        awk -v least=$least -v name="$name" '
            /\.c / || /^TOTAL/ { sub(".*/", "", $1); printf "   %-28s %5d lines  %s\n", $1, $8, $10 }
            /^TOTAL/ { percent = $10 + 0 }
            END { if (percent < least) { printf "%s: less than %d %% of the lines\n", name, least; exit 1 } }' ||
        failed=1
done
exit $failed
