#!/usr/bin/env bash
# What can be said without running anything: format, lints, headers, symbols.
source "$(dirname "$0")/common.sh"

step "rustfmt"
cargo fmt --check
cargo fmt --check --manifest-path tools/header/Cargo.toml
if [[ -d fuzz ]]; then
    cargo fmt --check --manifest-path fuzz/Cargo.toml
fi

step "clippy"
cargo clippy --locked --all-targets -- -D warnings

step "shellcheck"
shellcheck -x -P SCRIPTDIR scripts/*.sh .ci/run

step "headers"
scripts/build.sh
scripts/check-header.sh

step "symbols"
scripts/check-symbols.sh
