#!/usr/bin/env bash
# The PHP client's tests, against the release library.
source "$(dirname "$0")/common.sh"

step "PHP: tests"
php -d ffi.enable=true -d "dm_connections.library=$root/build/lib/$soname" "$(command -v phpunit)" -c tests/php
