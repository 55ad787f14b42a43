#!/usr/bin/env bash
# Makes dist/datamachine-connections.zip, the WordPress plugin with the library in it: what `make` built gives the same
# bytes each time. The plugin's directory is data-machine-connections, so that WordPress loads it before data-machine.
source "$(dirname "$0")/common.sh"

plugin=data-machine-connections
zip=$root/dist/datamachine-connections.zip

[[ -e $library ]] || fail "$library is not there: run \`make\` first"
for needed in zip strip; do
    command -v "$needed" >/dev/null || fail "$needed is not there: run scripts/setup.sh test"
done
for file in php/wordpress/datamachine-connections.php php/wordpress/readme.txt; do
    grep -Eq "^( \* Version:|Stable tag:) +${version//./\\.}$" "$file" || fail "$file is not of version $version"
done

umask 022
staging=$(mktemp -d -t dm-plugin.XXXXXX)
trap 'rm -rf "$staging"' EXIT
to=$staging/$plugin

# WordPress finds a plugin's main file in its directory only; all else lies as it does here.
(cd php/wordpress && find . -type f ! -path './src/*') | while read -r file; do
    place "php/wordpress/$file" "$to/$file"
done
find php/autoload.php php/preload.php php/src php/dropin php/wordpress/src -type f | while read -r file; do
    place "$file" "$to/$file"
done
place LICENSE "$to/LICENSE"

# Without its debug information, which is six times the library. Under its full version: an update never writes into what
# a running PHP has mapped.
platform=$to/lib/$(uname -m)-linux-gnu
mkdir -p "$platform"
strip --strip-unneeded -o "$platform/$(basename "$library")" "$library"
chmod 755 "$platform/$(basename "$library")"

# No time of this run in it. The commit's, and no constant: opcache takes a file of the same time for the same file.
made=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.toml)}
find "$staging" -print0 | xargs -0 touch -h -d "@$made"
mkdir -p "$(dirname "$zip")"
rm -f "$zip.new"
(cd "$staging" && find "$plugin" | LC_ALL=C sort | TZ=UTC zip -q -X -9 -@ "$zip.new")
mv -f "$zip.new" "$zip"
echo "${zip#"$root/"}: $(stat -c %s "$zip") bytes, $(unzip -Z1 "$zip" | grep -vc '/$') files, for $(uname -m)"
