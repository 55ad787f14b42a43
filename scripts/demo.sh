#!/usr/bin/env bash
# The main job, on real-shaped data; see examples/php/demo.php.
source "$(dirname "$0")/common.sh"

if [[ ! -e build/lib/libdm_connections.so.$version ]]; then
    echo "Building the library (a few minutes the first time) ..."
fi
CARGO_TERM_QUIET=true scripts/build.sh

exec php -d ffi.enable=true -d "dm_connections.library=$root/build/lib/libdm_connections.so.$version" \
    examples/php/demo.php
