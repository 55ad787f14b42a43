#!/usr/bin/env bash
# The tests of the drop-in classes: with a few stubs in place of WordPress, then on a real one, one site and a network.
source "$(dirname "$0")/common.sh"

[[ -e $library ]] || fail "$library is not there: run \`make\` first"
cargo build --locked --example authority

in_memory

step "drop-in: tests with stubs, which are no WordPress"
env -u DM_WORDPRESS "${phpunit[@]}" -c tests/dropin --exclude-group wordpress

for kind in single network; do
    step "drop-in: tests on WordPress and MariaDB, $kind"
    scripts/wordpress.sh "$kind" "${phpunit[@]}" -c tests/dropin
done
