#!/usr/bin/env bash
# The PHP client: its syntax and style, its copy of the header, and its tests against the release library.
source "$(dirname "$0")/common.sh"

library=$root/build/lib/libdm_connections.so.$version
[[ -e $library ]] || fail "$library is not there: run \`make\` first"

step "PHP: style"
find php tests/php examples/php benches/php -name '*.php' -print0 | xargs -0 -n 1 php -l >/dev/null
phpcs -q
phpmd php,tests/php,examples/php,benches/php text phpmd.xml
php php/bin/lean-header.php --check

step "PHP: tests"
# Root has no reason to skip anything.
strict=()
[[ $EUID -ne 0 ]] || strict=(--fail-on-skipped)
php -d ffi.enable=true -d "dm_connections.library=$library" "$(command -v phpunit)" -c tests/php "${strict[@]}"
