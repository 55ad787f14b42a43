#!/usr/bin/env bash
# Installs below a temporary directory, builds the example as a user of the installed library would (pkg-config, shared
# and static), installs once more over it, and uninstalls.
source "$(dirname "$0")/common.sh"

prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
export PREFIX=$prefix LIBDIR=$prefix/lib/sub INCLUDEDIR=$prefix/include DESTDIR=''
export PKG_CONFIG_PATH=$LIBDIR/pkgconfig

scripts/install.sh

[[ $(pkg-config --modversion dm_connections) == "$version" ]] || fail "pkg-config knows another version"
[[ $(readlink "$LIBDIR/libdm_connections.so") == "$soname" ]] || fail "the linker's link is wrong"
[[ $(readlink "$LIBDIR/$soname") == "libdm_connections.so.$version" ]] || fail "the loader's link is wrong"

# Words are wanted here: pkg-config prints several.
read -ra shared <<<"$(pkg-config --cflags --libs dm_connections)"
"$CC" examples/c/quickstart.c "${shared[@]}" -Wl,-rpath,"$LIBDIR" -o "$prefix/shared"
read -ra static <<<"$(pkg-config --static --cflags --libs dm_connections)"
"$CC" examples/c/quickstart.c "${static[@]/#-ldm_connections/-l:libdm_connections.a}" -o "$prefix/static"
for program in shared static; do
    "$prefix/$program" "$prefix/store-$program" | grep -q '^deleted: ' || fail "the $program program failed"
done
! ldd "$prefix/static" | grep libdm_connections || fail "the static program is not static"
"$CXX" -std=c++17 -fsyntax-only -x c++ "${shared[@]}" - <<<'#include <dm_connections.hpp>'

php=$PREFIX/share/php/DataMachine/Connections
# shellcheck disable=SC2016 # the dollar is PHP's
php -d ffi.enable=true -r 'require $argv[1] . "/autoload.php"; exit(class_exists("DataMachine\\Connections\\Vault") ? 0 : 1);' \
    "$php" || fail "the installed PHP classes do not load"

# A worker that runs keeps the file it has mapped: installing again puts another one in its place.
before=$(stat -c %i "$LIBDIR/libdm_connections.so.$version")
scripts/install.sh
[[ $(stat -c %i "$LIBDIR/libdm_connections.so.$version") != "$before" ]] || fail "the library was overwritten in place"

scripts/install.sh uninstall
left=$(find "$prefix" -name '*dm_connections*' -o -path '*/DataMachine/Connections/*')
[[ -z $left ]] || fail "left behind: $left"
echo "installed, used, replaced and uninstalled"
