#!/bin/bash
# Usage: conf/quickstart.sh [OPTION of `postern demo`...]
# From a fresh clone to a working gateway: install what is missing, make the release build, start `postern demo`.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0" && exit 0 ;; esac

echo "== dependencies"
./conf/install-deps.sh build run
echo "== build: preset release, in build/release"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
    "$@" >"$log" 2>&1 || { cat "$log" >&2 && exit 1; }
}
quietly cmake --preset release -DPOSTERN_TESTS=OFF
build=(cmake --build --preset release --target postern)
# On a terminal ninja counts in one line how far it is.
if [ -t 1 ]; then "${build[@]}"; else quietly "${build[@]}"; fi
rm -f "$log"
echo
exec ./build/release/postern demo "$@"
