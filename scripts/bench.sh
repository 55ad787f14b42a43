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

for program in benches/php/bench.php php/bench.php; do
    if [[ -f $program ]] && wanted php "$@"; then
        scripts/build.sh
        step "From PHP"
        php "$program"
    fi
done
