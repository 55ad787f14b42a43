#!/usr/bin/env bash
# bench.sh [SECTION...]: the figures of docs/benchmarks.md. Sections: reading, sizes, writing, grants, acquiring, refreshing,
# opening, memory, php, dropin, wordpress. DM_BENCH_FULL=1 adds a store of 1,000,000 rows (minutes); DM_BENCH_DIR says on
# which file system to measure.
source "$(dirname "$0")/common.sh"

# wanted SECTION ASKED...
wanted() {
    [[ $# -eq 1 || " ${*:2} " == *" $1 "* ]]
}

native=()
for section in "$@"; do
    [[ $section == php || $section == dropin || $section == wordpress ]] || native+=("$section")
done
if [[ $# -eq 0 || ${#native[@]} -gt 0 ]]; then
    cargo bench --locked --quiet --bench vault -- "${native[@]}"
fi

if wanted php "$@" || wanted dropin "$@" || wanted wordpress "$@"; then
    scripts/build.sh
fi

if wanted php "$@"; then
    step "From PHP"
    "${run_php[@]}" benches/php/bench.php
fi

if wanted dropin "$@"; then
    export TMPDIR=${DM_BENCH_DIR:-${TMPDIR:-/tmp}}
    for kind in single network; do
        step "The drop-in, on WordPress and MariaDB: $kind"
        scripts/wordpress.sh "$kind" "${run_php[@]}" benches/dropin/bench.php
    done
fi

if wanted wordpress "$@"; then
    scripts/plugin.sh
    export TMPDIR=${DM_BENCH_DIR:-${TMPDIR:-/tmp}}
    step "A page that uses a connection"
    (
        source scripts/database.sh
        "${run_php[@]}" benches/wordpress/bench.php
    )
fi
