#!/usr/bin/env bash
# wordpress.sh single|network COMMAND...: runs a command beside Debian's WordPress, which tests/dropin/wordpress.php then
# loads (DM_WORDPRESS and DM_WORDPRESS_DIRECTORY say which): one site, or a network of them, on a MariaDB of its own
# (database.sh). Without a web server: scripts/site.sh has one.
source "$(dirname "$0")/common.sh"

usage="usage: wordpress.sh single|network COMMAND..."
[[ $# -ge 2 ]] || fail "$usage"
case $1 in
    single | network) export DM_WORDPRESS=$1 ;;
    *) fail "$usage" ;;
esac
shift
source scripts/database.sh

mkdir -p "$directory"/content/{plugins,themes}
quietly wordpress-install php tests/dropin/wordpress-install.php

"$@"
