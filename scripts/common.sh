# Sourced by every script here: strict mode, the project's root, and the names of what is built.
# shellcheck shell=bash disable=SC2034

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

root=$PWD
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
soname=libdm_connections.so.${version%%.*}
CC=${CC:-cc}
CXX=${CXX:-c++}
library=$root/build/lib/libdm_connections.so.$version
# One for tests, which takes its time from the file that DM_TEST_CLOCK names; see build.sh.
clocked=$target/test-clock/libdm_connections.so
# One that is compiled with the address sanitizer.
host=$(rustc -vV | sed -n 's/^host: //p')
sanitized=$target/asan/$host/debug/libdm_connections.so
# PHP with the library, and PHPUnit in it: `"${phpunit[@]}" -c DIRECTORY`.
run_php=(php -d ffi.enable=true -d "dm_connections.library=$library")
phpunit=("${run_php[@]}" "$(command -v phpunit || true)")
# No test skips itself. Two give files away, which only root can (group root): others leave them out, and say so.
phpunit+=(--fail-on-skipped)
[[ $EUID -eq 0 ]] || phpunit+=(--exclude-group root)
# The tests' authorization server, as a program for those in PHP.
export DM_AUTHORITY=$target/debug/examples/authority
c_flags=(-std=c99 -O2 -g -Wall -Wextra -Werror -pedantic -Iinclude)

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' plain=$'\e[0m'
else
    bold='' plain=''
fi

# Somebody who watches sees what is compiled; a log does not need it.
if [[ ! -t 1 ]]; then
    export CARGO_TERM_QUIET=true
fi

# step TEXT: a heading for what comes next.
step() {
    printf '\n%s== %s%s\n' "$bold" "$*" "$plain"
}

# fail TEXT: says what is wrong and ends the script.
fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# in_memory: for what is not about the disk. Temporary files are in memory from here on, where there is enough of it and
# programs may be run from there (a plugin's library is loaded from where it is installed).
in_memory() {
    local place=/dev/shm
    [[ -z ${TMPDIR:-} && -w $place && $(df --output=avail -m "$place" | tail -n 1) -gt 1024 ]] || return 0
    [[ ,$(findmnt -n -o OPTIONS -T "$place" 2>/dev/null), != *,noexec,* ]] || return 0
    export TMPDIR=$place
}

# quickly: the quick tier keeps what it writes in memory. At full size it is all on the disk.
quickly() {
    [[ -n ${DM_TORTURE:-} ]] || in_memory
}

# place FROM TO [MODE]: never writes into a file that a running process has mapped, but puts another in its place.
place() {
    mkdir -p "$(dirname "$2")"
    install -m "${3:-644}" "$1" "$2.new.$$"
    mv -f "$2.new.$$" "$2"
}

# link NAME TO: the same for a symbolic link.
link() {
    ln -s "$2" "$1.new.$$"
    mv -fT "$1.new.$$" "$1"
}

# place_library DIRECTORY FROM: the shared library under its full version, with the links that the loader (soname)
# and the linker look for.
place_library() {
    place "$2" "$1/libdm_connections.so.$version" 755
    link "$1/$soname" "libdm_connections.so.$version"
    link "$1/libdm_connections.so" "$soname"
}
