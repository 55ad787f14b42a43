#!/usr/bin/env bash
# The main job, on real-shaped data; see examples/php/demo.php.
source "$(dirname "$0")/common.sh"

if [[ ! -e $library ]]; then
    echo "Building the library (a few minutes the first time) ..."
fi
CARGO_TERM_QUIET=true scripts/build.sh
if [[ ! -e $DM_AUTHORITY ]]; then
    echo "Building a stand-in for a provider (a minute or two the first time) ..."
fi
CARGO_TERM_QUIET=true cargo build --locked --example authority

exec "${run_php[@]}" examples/php/demo.php
