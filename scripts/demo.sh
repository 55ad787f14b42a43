#!/usr/bin/env bash
# The main job, on real-shaped data; see examples/php/demo.php.
source "$(dirname "$0")/common.sh"

if [[ ! -e $library ]]; then
    echo "Building the library (a few minutes the first time) ..."
fi
CARGO_TERM_QUIET=true scripts/build.sh

exec "${run_php[@]}" examples/php/demo.php
