#!/usr/bin/env bash
# setup.sh demo|test|screenshot: installs what is missing on a Debian or Ubuntu machine, and says what. Rust has to be
# there.
source "$(dirname "$0")/common.sh"

needed=(gcc libc6-dev php8.2-cli)
case ${1:-test} in
    demo) ;;
    test)
        needed+=(g++ pkg-config clang libclang-rt-14-dev valgrind strace shellcheck)
        needed+=(php8.2-fpm php8.2-sqlite3 php8.2-opcache libfcgi-bin phpunit php-codesniffer phpmd)
        needed+=(zip unzip)
        # WordPress wants some web server: a small one, which is not started at boot either.
        needed+=(wordpress php mini-httpd php8.2-mysql mariadb-server-core)
        # The tests of the plugin answer over HTTP, as users see it.
        needed+=(nginx-light php8.2-xml)
        ;;
    screenshot) needed=(chromium fonts-dejavu-core) ;;
    *) fail "usage: setup.sh demo|test|screenshot" ;;
esac

wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
have=$(rustc --version 2>/dev/null | cut -d' ' -f2) || fail "Rust $wanted is needed: https://rustup.rs"
[[ $(printf '%s\n' "$wanted" "$have" | sort -V | head -n 1) == "$wanted" ]] \
    || fail "Rust $wanted is needed, here is $have: rustup update stable"

command -v dpkg-query >/dev/null || {
    echo "No Debian: please see to these yourself: ${needed[*]}"
    exit 0
}

# Other releases have another PHP and another clang: there the names without a number.
if ! apt-cache show php8.2-cli >/dev/null 2>&1 && apt-cache show php-cli >/dev/null 2>&1; then
    needed=("${needed[@]/php8.2-/php-}")
    needed=("${needed[@]/libclang-rt-14-dev/libclang-rt-dev}")
fi

missing=()
for package in "${needed[@]}"; do
    dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
    exit 0
fi

echo "Installing with apt-get: ${missing[*]}"
as_root=()
if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || fail "run as root: apt-get install ${missing[*]}"
    as_root=(sudo)
fi
# Tests start what they need themselves, so nothing of this becomes a service of the machine.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" \
    >/dev/null

# Nor at the next boot, where it was not there before.
for package in "${missing[@]}"; do
    service=${package/nginx-light/nginx}
    if [[ $service == nginx || $service == php*-fpm ]] && [[ -e /etc/init.d/$service ]]; then
        "${as_root[@]}" update-rc.d "$service" disable
    fi
done
