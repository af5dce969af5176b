#!/bin/bash
# Usage: bench/compare.sh [--quick] [--peers NAME,...] [--only GROUP,...] [--rounds N] [--save FILE] [--page FILE] [OPTION]...
# Measure this gateway beside NGINX, HAProxy, hitch, stunnel, Apache and Caddy as Debian has them, interleaved. Installs what
# is missing, makes the release build, and uses a temporary directory and loopback ports of its own. --help shows the rest.
# Exit status: 0 each target is met, 1 one is missed or something failed.
set -euo pipefail
cd "$(dirname "$0")/.."
help=no
for word in "$@"; do case $word in -h | --help) help=yes ;; esac; done
if [ $help = yes ]; then
    sed -n '2,5s/^# //p' "$0"
    if command -v python3 >/dev/null; then exec python3 bench/compare.py --help; fi
    exit 0
fi
./conf/install-deps.sh build test bench >&2
if command -v ccache >/dev/null; then export CMAKE_C_COMPILER_LAUNCHER=ccache; fi
{ cmake --preset release && cmake --build --preset release; } >/dev/null
exec python3 bench/compare.py --build build/release "$@"
