#!/usr/bin/env bash
# screenshot.sh URL FILE [WIDTH [HEIGHT]]: a picture (PNG) of a page of this machine, by Debian's chromium without a
# window. Where DM_LOGIN has a name and a password, that person logs in to WordPress first:
#   DM_LOGIN=admin:PASSWORD scripts/screenshot.sh http://127.0.0.1:PORT/wp-admin/tools.php tools.png
# A site under another name than 127.0.0.1 is reached through DM_PORT.
source "$(dirname "$0")/common.sh"

[[ $# -ge 2 ]] || fail "usage: screenshot.sh URL FILE [WIDTH [HEIGHT]]"
address=$1 file=$2 width=${3:-1280} height=${4:-1600}
[[ $address =~ ^https?://([^/:]+)(:[0-9]+)?(/.*)?$ ]] || fail "$address is no address"
name=${BASH_REMATCH[1]}
site=${address%"${BASH_REMATCH[3]}"}
command -v chromium >/dev/null || scripts/setup.sh screenshot

# A profile of its own, which is where the cookies are kept from one call to the next.
profile=$(mktemp -d -t dm-screenshot.XXXXXX)
trap 'rm -rf "$profile"' EXIT
# Nobody but this machine is asked for anything.
rules="MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
[[ -z ${DM_PORT:-} ]] || rules="MAP $name 127.0.0.1:$DM_PORT, $rules, EXCLUDE $name"
browser=(chromium --headless=new --disable-gpu --hide-scrollbars --no-first-run --password-store=basic
    --disable-background-networking --disable-component-update --disable-sync --user-data-dir="$profile"
    --host-resolver-rules="$rules" --window-size="$width,$height" --virtual-time-budget=15000)
# Chromium's sandbox is not for root.
[[ $EUID -ne 0 ]] || browser+=(--no-sandbox)

# see COMMAND...: says what the browser printed only where it fails.
see() {
    timeout 120 "$@" >"$profile/out" 2>"$profile/log" || {
        cat "$profile/log" >&2
        fail "chromium failed"
    }
}

if [[ -n ${DM_LOGIN:-} ]]; then
    # Remembered, since cookies of a session end with the browser.
    cat >"$profile/login.html" <<HTML
<form method="post" action="$site/wp-login.php"><input name="log" value="${DM_LOGIN%%:*}">
<input name="pwd" value="${DM_LOGIN#*:}"><input name="rememberme" value="forever"></form>
<script>document.forms[0].submit()</script>
HTML
    see "${browser[@]}" --dump-dom "file://$profile/login.html"
fi
rm -f "$file"
see "${browser[@]}" --screenshot="$(realpath -m "$file")" "$address"
[[ -s $file ]] || fail "there is no picture: $(cat "$profile/log")"
echo "$file"
