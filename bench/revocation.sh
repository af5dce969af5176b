#!/bin/bash
# Usage: bench/revocation.sh [--quick] [--rounds N] [--seconds N] [--cuts N] [--reloads N] [--only LETTERS]
# Measure what revocation costs, and how soon it bites, beside Debian's NGINX, with CRLs of up to a million entries.
# Installs what is missing, makes the release build, and uses a temporary directory and loopback ports of its own.
# Exit status: 0 all targets met, 1 one is missed or something failed.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in -h | --help) sed -n '2,5s/^# //p' "$0" && exit 0 ;; esac
./conf/install-deps.sh build test >&2
if command -v ccache >/dev/null; then export CMAKE_C_COMPILER_LAUNCHER=ccache; fi
{ cmake --preset release && cmake --build --preset release; } >/dev/null
exec python3 bench/revocation.py --build build/release "$@"
