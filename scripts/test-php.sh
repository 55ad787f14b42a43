#!/usr/bin/env bash
# The PHP client: its style, its copy of the header, and its tests against the release library.
source "$(dirname "$0")/common.sh"

step "PHP: style"
phpcs -q -n
phpmd php,examples/php text phpmd.xml
php php/bin/lean-header.php --check

step "PHP: tests"
php -d ffi.enable=true -d "dm_connections.library=$root/build/lib/$soname" "$(command -v phpunit)" -c tests/php
