#!/usr/bin/env bash
# Everything, at the size that DM_TORTURE says: unset is the quick tier, 1 the full one.
source "$(dirname "$0")/common.sh"

# ahead COMMAND...: builds what a later step needs beside what comes until then, which leaves a processor idle for much of
# its time. That step builds the same again: it waits for this, finds it done, or says what is wrong.
builds=()
ahead() {
    setsid "$@" >/dev/null 2>&1 &
    builds+=($!)
}
end_builds() {
    local build
    for build in "${builds[@]}"; do
        kill -- "-$build" 2>/dev/null || true
    done
}
trap end_builds EXIT

started=$SECONDS
scripts/setup.sh test
ahead cargo build --release --locked --lib
scripts/check.sh

step "Rust tests"
cargo test --locked --quiet --no-run
ahead bash -c 'scripts/build.sh --test-clock && scripts/build.sh --asan'
(quickly && cargo test --locked --quiet)

scripts/test-clock.sh

scripts/test-c.sh

step "installation"
scripts/test-install.sh

scripts/test-php.sh
scripts/test-dropin.sh
scripts/test-wordpress.sh
scripts/test-readme.sh

step "demo"
scripts/demo.sh

step "all is well, after $((SECONDS - started)) s"
