#!/usr/bin/env bash
# bench.sh [SECTION...]: the figures of docs/benchmarks.md. Sections: reading, sizes, writing, opening, memory, php.
# DM_BENCH_FULL=1 adds a store of 1,000,000 rows (minutes); DM_BENCH_DIR says on which file system to measure.
source "$(dirname "$0")/common.sh"

wanted() {
    [[ $# -eq 1 || " ${*:2} " == *" $1 "* ]]
}

if [[ $# -eq 0 || "$*" != php ]]; then
    cargo bench --locked --quiet --bench vault -- "$@"
fi

if [[ -f benches/php/bench.php ]] && wanted php "$@"; then
    scripts/build.sh
    step "From PHP"
    "${run_php[@]}" benches/php/bench.php
fi
