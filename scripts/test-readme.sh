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

# The second goes on where the first ended.
{ block php && block php 2; } >"$work/readme.php"
php=$("${run_php[@]}" "$work/readme.php")
expected=$'ada\nreddit default active\nthere is no connection of instagram to use: connect by user:12'
[[ $php == "$expected" ]] || fail "the PHP program printed: $php"

block c >"$work/readme.c"
"$CC" -std=c99 -Wall -Wextra -Werror -Iinclude "$work/readme.c" -o "$work/readme" \
    -Lbuild/lib -ldm_connections -Wl,-rpath,"$root/build/lib"
c=$("$work/readme")
[[ $c == '{"access_token":"newer","username":"ada"}' ]] || fail "the C program printed: $c"

echo "its PHP and C programs do what they say"
