#!/bin/bash
# install-deps.sh [build|run|test|fuzz|bench]...: install by apt what this machine lacks of the named sets (default: build).
# For Debian 12, as root or with sudo. Does nothing, and needs no network, where all is there already.
set -euo pipefail

# The one list: set, package, what for. A set holds what it names and nothing of the others.
packages='
build gcc                the compiler of releases
build libc6-dev          headers of the C library (gcc only recommends them)
build cmake              the build
build ninja-build        the build
build pkg-config         finds the libraries
build libevent-dev       event loop (room net)
build libssl-dev         TLS and certificates
build libc-ares-dev      resolver (room net)
build libinih-dev        INI (room config)
build libjansson-dev     reads JSON (postern-bench only)
run   openssl            to look at certificates by hand, and the commands that the demo prints
run   curl               the commands that the demo prints
test  libcmocka-dev      unit tests
test  clang              warnings of a second compiler, fuzzers
test  clang-format       formatting check; version 14 is the one that counts
test  python3            integration tests and checks
test  openssl            s_client and s_server, oracle of the pki tests
test  curl               client with PEM and PKCS#12
test  nodejs             client, WebSocket backend
test  nginx-light        backend, and the peer of bench/smoke.sh
test  gnutls-bin         second TLS implementation: gnutls-cli, certtool
test  libnss3-tools      takes our PKCS#12, CAs and CRLs as browsers do: pk12util, certutil, crlutil
test  openjdk-17-jre-headless opens our PKCS#12 as Java does: keytool
test  valgrind           tests/run.sh --valgrind
test  shellcheck         checks the scripts
test  binutils           nm and objdump of the check for globals
test  systemd           systemd-analyze verifies the unit; systemd need not run
test  procps             ps, for what a test leaves behind
test  strace             lets system calls fail one by one, and kills before each
test  ccache             makes the second build quick
fuzz  libclang-rt-14-dev the fuzzer library of clang
fuzz  llvm               line coverage of fuzz targets
bench haproxy            peer of bench/compare.sh, as the next ones
bench hitch              peer
bench stunnel4           peer
bench apache2            peer
bench caddy              peer, the one whose TLS is not OpenSSL
'

die() {
    echo "install-deps: $*" >&2
    exit 1
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Packages of the named sets that are not installed, one a line.
missing() {
    local set package wanted
    while read -r set package _; do
        for wanted in "$@"; do
            if [ "$set" = "$wanted" ] && ! is_installed "$package"; then echo "$package"; fi
        done
    done <<<"$packages" | sort -u
}

# Installing a server must not start it, nor have it started at the next boot: to us it is a tool. Debian asks
# /usr/sbin/policy-rc.d before it starts a service.
install_quietly() {
    local policy=/usr/sbin/policy-rc.d server servers=()
    for server in nginx haproxy hitch stunnel4 apache2 caddy; do
        is_installed $server || servers+=("$server")
    done
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod 755 "$policy"
        # shellcheck disable=SC2064 # expanded now: the variables are local
        trap "${as_root[*]} rm -f $policy" EXIT
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" \
        </dev/null >"$log" 2>&1 || return 1
    for server in "${servers[@]}"; do
        if is_installed "$server" && command -v systemctl >/dev/null; then
            "${as_root[@]}" systemctl disable "$server" >/dev/null 2>&1 || true
        fi
    done
}

for set in "$@"; do
    case $set in
    build | run | test | fuzz | bench) ;;
    -h | --help) sed -n '2,3s/^# //p' "$0" && exit 0 ;;
    *) die "unknown set $set; there are build, run, test, fuzz, bench" ;;
    esac
done
[ $# -gt 0 ] || set -- build

command -v dpkg-query >/dev/null || die "this is no Debian; install the packages listed in $0 by hand"
mapfile -t wanted < <(missing "$@")
[ ${#wanted[@]} -gt 0 ] || exit 0

as_root=(env)
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "needs root or sudo to install: ${wanted[*]}"
    as_root=(sudo)
fi
log=$(mktemp)
echo "installing: ${wanted[*]}"
# The lists of packages may be absent or old: then the first try fails, and the second has new ones.
if ! install_quietly "${wanted[@]}"; then
    "${as_root[@]}" apt-get update -q >/dev/null || true
    install_quietly "${wanted[@]}" || { tail -20 "$log" >&2 && die "apt-get failed; its whole output is in $log"; }
fi
rm -f "$log"
