#!/bin/bash
# Usage: tests/mutants/run.sh [NAME...]
# Take one thing out of the code at a time, and see the test that stands for it turn red. Each tests/mutants/NAME.patch
# begins with lines "Promise: P6 H1" (what it breaks, in the words of docs/threat-model.md) and "Test: ctest.name",
# and then the change as git has it. All named tests must pass before anything is changed. Exit status 0 only if every
# mutant was caught.
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD

case ${1:-} in -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0" && exit 0 ;; esac

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    for patch in tests/mutants/*.patch; do
        name=${patch##*/}
        names+=("${name%.patch}")
    done
fi

header() { # NAME KEY: the value of a header line
    local value
    value=$(sed -n "s/^$2: *//p;/^diff /q" "$top/tests/mutants/$1.patch" | head -1)
    [ -n "$value" ] || { echo "tests/mutants/$1.patch has no line \"$2: ...\"" >&2 && exit 2; }
    printf '%s\n' "$value"
}

# The tree is copied, so that nothing here can spoil the work of whoever runs it.
tree=$top/build/mutants
rm -rf "$tree/source" && mkdir -p "$tree/source"
git ls-files -z -co --exclude-standard | xargs -0 cp --parents -t "$tree/source" 2>/dev/null || true
cd "$tree/source" && git init -q . 2>/dev/null
if command -v ccache >/dev/null; then export CMAKE_C_COMPILER_LAUNCHER=ccache; fi
cmake -S . -B "$tree/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug >"$tree/log" 2>&1 || { cat "$tree/log" && exit 1; }

build() { # TEST: what it needs, and no more
    local targets=(all)
    case $1 in
    unit.*) targets=("${1//./_}") ;;
    integration.*) targets=(postern postern-bench) ;;
    esac
    cmake --build "$tree/build" --target "${targets[@]}" >"$tree/log" 2>&1
}
passes() { ctest --test-dir "$tree/build" --no-tests=error --output-on-failure -R "^$1\$" >"$tree/log" 2>&1 </dev/null; }

declare -A sound
for name in "${names[@]}"; do
    test=$(header "$name" Test)
    [ -z "${sound[$test]:-}" ] || continue
    build "$test" || { tail -20 "$tree/log" && exit 1; }
    passes "$test" || { echo "$test does not pass as it is:" && tail -20 "$tree/log" && exit 1; }
    sound[$test]=yes
done

escaped=0
for name in "${names[@]}"; do
    test=$(header "$name" Test)
    patch=$top/tests/mutants/$name.patch
    if ! git apply --recount -C1 "$patch" 2>"$tree/log"; then
        result="does not apply: $(tail -1 "$tree/log")"
    elif ! build "$test"; then
        result="does not build: $(grep -m1 'error:' "$tree/log" || true)"
    elif passes "$test"; then
        result="ESCAPED: $test is still green"
    else
        result=caught
    fi
    git apply --recount -C1 -R "$patch" 2>/dev/null || true
    printf '%-36s %-16s %-34s %s\n' "$name" "$(header "$name" Promise)" "$test" "$result"
    [ "$result" = caught ] || escaped=$((escaped + 1))
done
echo "${#names[@]} mutants, $escaped not caught"
[ "$escaped" -eq 0 ]
