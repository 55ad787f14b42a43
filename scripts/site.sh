#!/usr/bin/env bash
# site.sh [single|network]: a WordPress for a person to look at, with Data Machine (as the tests play it), the plugin and
# the old option `mixed`. Says where it is and who can log in, and takes it all away on Enter or Ctrl-C.
source "$(dirname "$0")/common.sh"

case ${1:-single} in
    single | network) ;;
    *) fail "usage: site.sh [single|network]" ;;
esac
[[ -e $library ]] || fail "$library is not there: run \`make\` first"
scripts/plugin.sh
in_memory
source scripts/database.sh

"${run_php[@]}" tests/wordpress/support/door.php "${1:-single}"
