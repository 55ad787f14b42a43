#!/usr/bin/env bash
# The tests of the plugin, on WordPresses of their own: MariaDB, php-fpm and nginx in a private directory. Arguments are
# PHPUnit's (`--filter SiteTest`).
source "$(dirname "$0")/common.sh"

[[ -e $library ]] || fail "$library is not there: run \`make\` first"
scripts/plugin.sh
in_memory
source scripts/database.sh

step "plugin: tests on WordPress, nginx and php-fpm"
[[ $EUID -eq 0 ]] || echo "not root: the tests of the group root (files of another user) are left out"
"${phpunit[@]}" -c tests/wordpress "$@"
