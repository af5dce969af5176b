#!/bin/bash
# Usage: tests/run.sh [--quick] [--valgrind] [-R REGEX] [-j JOBS]
# Install what is missing, build with AddressSanitizer and UBSan, run every test. Exit status: ctest's.
#   --quick     unit tests only
#   --valgrind  integration tests only, on the release build, the gateway under valgrind
#   -R REGEX    only tests whose name matches, as for ctest; --quick and --valgrind narrow it further
#   -j JOBS     so many tests at once (default: one per core)
set -euo pipefail
cd "$(dirname "$0")/.."

quick=no valgrind=no regex='' jobs=$(nproc)
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=yes ;;
    --valgrind) valgrind=yes ;;
    -R) regex=${2:?-R needs a regular expression} && shift ;;
    -j) jobs=${2:?-j needs a number} && shift ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) echo "unknown argument $1; see tests/run.sh --help" >&2 && exit 2 ;;
    esac
    shift
done

step() {
    printf '== %s\n' "$*"
}

step "dependencies"
./conf/install-deps.sh build run test
if command -v ccache >/dev/null; then export CMAKE_C_COMPILER_LAUNCHER=ccache; fi
export CC=gcc

preset=debug labels='' options=()
if [ $quick = yes ]; then labels=unit; fi
if [ $valgrind = yes ]; then
    preset=release labels=integration
    # Programs under valgrind take many times as long.
    options=(-DPOSTERN_TIMEOUT_FACTOR=5)
    export POSTERN_VALGRIND=1
fi

step "build: preset $preset, in build/$preset"
cmake --preset "$preset" -DPOSTERN_TESTS=ON "${options[@]}" >build-configure.log || { cat build-configure.log && exit 1; }
rm -f build-configure.log
cmake --build --preset "$preset" | tail -1

step "tests: ${labels:-all}${regex:+ matching $regex}, $jobs at once"
# A test must not depend on what the caller's terminal, proxy or language is.
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
export LC_ALL=C.UTF-8 NO_COLOR=1
exec ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" \
    ${labels:+-L "^$labels\$"} ${regex:+-R "$regex"} </dev/null
