#!/usr/bin/env bash
# header.sh [FILE]: writes include/dm_connections.h, or FILE, from src/ffi.
source "$(dirname "$0")/common.sh"

cargo run --quiet --locked --manifest-path tools/header/Cargo.toml --target-dir "$target" -- \
    "${1:-include/dm_connections.h}"
