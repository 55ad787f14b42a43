#!/usr/bin/env bash
# Everything, at the size that DM_TORTURE says: unset is the quick tier, 1 the full one.
source "$(dirname "$0")/common.sh"

started=$SECONDS
scripts/setup.sh test
scripts/check.sh

step "Rust tests"
cargo test --locked --quiet

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
