#!/usr/bin/env bash
# The drop-in classes' tests, against the release library. DM_WORDPRESS=single or network runs the same tests in a real
# WordPress; without it a few stubs stand for it.
source "$(dirname "$0")/common.sh"

library=$root/build/lib/libdm_connections.so.$version
[[ -e $library ]] || fail "$library is not there: run \`make\` first"

step "PHP: the drop-in${DM_WORDPRESS:+, WordPress: $DM_WORDPRESS}"
# Root has no reason to skip anything.
strict=()
[[ $EUID -ne 0 ]] || strict=(--fail-on-skipped)
php -d ffi.enable=true -d "dm_connections.library=$library" "$(command -v phpunit)" -c tests/dropin "${strict[@]}" "$@"
