#!/usr/bin/env bash
# Removes what was built; tools that were installed into build/tools stay.
source "$(dirname "$0")/common.sh"

cargo clean --quiet --target-dir "$target"
rm -rf dist
find build -mindepth 1 -maxdepth 1 ! -name tools -exec rm -rf {} + 2>/dev/null || true
