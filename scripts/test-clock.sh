#!/usr/bin/env bash
# The clock for tests: a library that has it obeys it, and cannot be taken for a release. And the tests that need it.
source "$(dirname "$0")/common.sh"

quickly
step "test clock"
scripts/build.sh --test-clock
cargo test --profile test-clock --features test-clock --locked --quiet --test clock --test vault_refresh

if said=$(scripts/check-symbols.sh "$clocked" 2>&1); then
    fail "check-symbols.sh takes $clocked for a release"
fi
[[ $said == *"the feature test-clock"* ]] || fail "check-symbols.sh says of $clocked: $said"

step "renewing"
[[ -z ${DM_TORTURE:-} ]] || echo "a quarter of an hour"
cargo test --profile test-clock --features test-clock --locked --quiet --test refreshing
