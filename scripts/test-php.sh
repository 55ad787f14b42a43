#!/usr/bin/env bash
# The PHP client's tests, against the release library.
source "$(dirname "$0")/common.sh"

library=$root/build/lib/libdm_connections.so.$version
[[ -e $library ]] || fail "$library is not there: run \`make\` first"

step "PHP: tests"
# Root has no reason to skip anything.
strict=()
[[ $EUID -ne 0 ]] || strict=(--fail-on-skipped)
php -d ffi.enable=true -d "dm_connections.library=$library" "$(command -v phpunit)" -c tests/php "${strict[@]}"
