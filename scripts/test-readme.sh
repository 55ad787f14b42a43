#!/usr/bin/env bash
# The README's programs do what they say: they are cut out of it, built, and run.
source "$(dirname "$0")/common.sh"

step "README"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 700 "$work"

# block LANGUAGE [NUMBER]: the first block of that language, or a later one, on paths of this machine.
block() {
    awk -v "fence=\`\`\`$1" -v "number=${2:-1}" '
        $0 == fence { inside = ++count == number; next } inside && $0 == "```" { exit } inside' README.md \
        | sed -e "s|/var/lib/datamachine|$work|g" -e "s|/usr/local/share/php/DataMachine/Connections|$root/php|g"
}

# The second goes on where the first ended, and the third where that did.
{ block php && block php 2 && block php 3; } >"$work/readme.php"
php=$("${run_php[@]}" "$work/readme.php")
expected=$'ada\nreddit default active\nposts hello as 42 with 6 bytes\n'
expected+=$'the grant of agent:7 for the instagram account default of user:12 is not for whom this is done: grant by user:12\nrefreshed: renewed\nfresh'
[[ $php == "$expected" ]] || fail "the PHP program printed: $php"

block c >"$work/readme.c"
"$CC" -std=c99 -Wall -Wextra -Werror -Iinclude "$work/readme.c" -o "$work/readme" \
    -Lbuild/lib -ldm_connections -Wl,-rpath,"$root/build/lib"
c=$("$work/readme")
[[ $c == '{"access_token":"newer","username":"ada"}' ]] || fail "the C program printed: $c"

# The example that it names: two uses, the second person refused each time, and nothing after it is taken back.
build/examples/agent "$work/agent" >"$work/agent.txt"
refused=$(sed -n 's/^\(user:[0-9]*\) is refused:.*"reason":"\([a-z_]*\)".*/\1 \2/p' "$work/agent.txt" | paste -sd,)
[[ $(grep -c '^user:12 publishes with {"access_token":"token","user_id":"42"}$' "$work/agent.txt") -eq 2 \
    && $refused == 'user:3 acting_user_mismatch,user:12 grant_exhausted,user:12 grant_revoked' ]] \
    || fail "examples/c/agent printed: $(cat "$work/agent.txt")"

echo "its PHP and C programs do what they say"
