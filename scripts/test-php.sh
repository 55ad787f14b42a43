#!/usr/bin/env bash
# The PHP client's tests, against the release library.
source "$(dirname "$0")/common.sh"

[[ -e $library ]] || fail "$library is not there: run \`make\` first"

step "PHP: tests"
"${phpunit[@]}" -c tests/php
