#!/usr/bin/env bash
# fuzz.sh [TARGET...]: runs each fuzz target, or those named, for FUZZ_SECONDS (60) seconds under ASAN.
source "$(dirname "$0")/common.sh"

tools=$root/build/tools
export PATH=$tools/bin:$PATH
if ! cargo fuzz --version >/dev/null 2>&1; then
    echo "Installing cargo-fuzz into build/tools"
    cargo install --quiet --locked --root "$tools" cargo-fuzz
fi

# cargo-fuzz passes unstable flags; RUSTC_BOOTSTRAP lets a stable compiler take them. Build scripts look at that
# variable: a target directory of its own keeps the other builds from starting anew each time.
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$target/fuzz

targets=("$@")
[[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(cargo fuzz list)
for name in "${targets[@]}"; do
    step "fuzzing $name for ${FUZZ_SECONDS:-60} s"
    cargo fuzz run "$name" -- -max_total_time="${FUZZ_SECONDS:-60}" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1
done
