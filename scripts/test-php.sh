#!/usr/bin/env bash
# The PHP client's tests, against the release library.
source "$(dirname "$0")/common.sh"

[[ -e $library ]] || fail "$library is not there: run \`make\` first"
cargo build --locked --example authority

quickly
step "PHP: tests"
[[ $EUID -eq 0 ]] || echo "not root: the tests of the group root (files of another user) are left out"
"${phpunit[@]}" -c tests/php
