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

# Where the targets keep their stores.
in_memory
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

targets=("$@")
[[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(cargo fuzz list)

step "building the fuzz targets"
for name in "${targets[@]}"; do
    cargo fuzz build "$name"
done
for name in "${targets[@]}"; do
    step "fuzzing $name for ${FUZZ_SECONDS:-60} s"
    mkdir -p "fuzz/corpus/$name"
    # What is found goes into the first directory. The other is only read: the old options, or where something else is asked
    # for, one of each kind.
    seeds=fuzz/seeds/$name
    [[ -d $seeds ]] || seeds=tests/fixtures
    cargo fuzz run "$name" "fuzz/corpus/$name" "$seeds" -- -dict=fuzz/words.dict \
        -max_total_time="${FUZZ_SECONDS:-60}" -rss_limit_mb=2048 -timeout=10 -verbosity=0 -print_final_stats=1
done
