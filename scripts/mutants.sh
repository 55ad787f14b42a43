#!/usr/bin/env bash
# mutants.sh [ARGUMENT...]: changes the source in one place at a time and names the changes that no test notices.
# Arguments go to cargo-mutants: `-f "src/crypto/**"` for one layer, `--in-diff FILE` for one change. All of it takes hours.
source "$(dirname "$0")/common.sh"

tools=$root/build/tools
export PATH=$tools/bin:$PATH
if ! cargo mutants --version >/dev/null 2>&1; then
    echo "Installing cargo-mutants into build/tools"
    cargo install --quiet --locked --root "$tools" cargo-mutants
fi
CARGO_TARGET_DIR=$target/mutants cargo mutants --output build "$@"
