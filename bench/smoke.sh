#!/bin/bash
# Usage: bench/smoke.sh [--rounds N] [--seconds N] [--idle N] [--megabytes N] [--only nginx|postern] [--save FILE]
# Measure this gateway beside Debian's NGINX, interleaved: handshakes, requests, a download, memory. Installs what
# is missing, makes the release build, and uses a temporary directory and loopback ports of its own.
# Exit status: 0 level with NGINX or ahead in each figure, 1 behind in one or failed.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in -h | --help) sed -n '2,5s/^# //p' "$0" && exit 0 ;; esac
./conf/install-deps.sh build test >&2
if command -v ccache >/dev/null; then export CMAKE_C_COMPILER_LAUNCHER=ccache; fi
{ cmake --preset release && cmake --build --preset release; } >/dev/null
exec python3 bench/smoke.py --build build/release "$@"
