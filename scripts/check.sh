#!/usr/bin/env bash
# What can be said without the tests: format, lints, layers, headers, symbols, PHP's style.
source "$(dirname "$0")/common.sh"

step "rustfmt"
cargo fmt --check
cargo fmt --check --manifest-path tools/header/Cargo.toml
if [[ -d fuzz ]]; then
    cargo fmt --check --manifest-path fuzz/Cargo.toml
fi

step "clippy"
cargo clippy --locked --all-targets -- -D warnings
# In the same profile: what both rest on is looked at once.
cargo clippy --locked --features test-clock --test clock --test vault_refresh --test refreshing -- -D warnings

step "layers"
cargo test --locked --quiet --test layers

step "shellcheck"
shellcheck -x -P SCRIPTDIR scripts/*.sh .ci/run

step "headers"
scripts/build.sh
scripts/check-header.sh

step "symbols"
scripts/check-symbols.sh

step "PHP"
find php examples/wordpress tests/php tests/dropin tests/wordpress tests/refreshing tests/fixtures tests/known-answers examples/php benches/php benches/dropin benches/wordpress -name '*.php' -print0 | xargs -0 -n 1 php -l >/dev/null
phpcs -q
phpmd php,tests/php,tests/dropin,tests/wordpress,tests/refreshing,examples/php,benches/php,benches/dropin,benches/wordpress text phpmd.xml
php php/bin/lean-header.php --check
for file in php/src/Native/Library.php php/src/Native/Release.php; do
    grep -q "VERSION = '$version'" "$file" || fail "$file is not of version $version"
done
# Every text of the plugin's that a translator sees is of its text domain.
if grep -rnE "\b(__|_e|_x|_n|esc_html__|esc_html_e|esc_attr__|esc_attr_e)\(" php/wordpress | grep -v "'datamachine-connections'"; then
    fail "these texts are not of the text domain datamachine-connections"
fi
echo "the lean header is fresh; php -l, phpcs and phpmd have nothing to say"
