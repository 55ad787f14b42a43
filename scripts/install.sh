#!/usr/bin/env bash
# install.sh [uninstall]: puts what `make` built below $DESTDIR$PREFIX, or takes it away again. Needs no cargo.
source "$(dirname "$0")/common.sh"

PREFIX=${PREFIX:-/usr/local}
LIBDIR=${LIBDIR:-$PREFIX/lib}
INCLUDEDIR=${INCLUDEDIR:-$PREFIX/include}
DESTDIR=${DESTDIR:-}
umask 022
php_dir=$PREFIX/share/php/DataMachine/Connections

# Every version that was ever installed.
uninstall() {
    rm -f "$DESTDIR$LIBDIR"/libdm_connections.{a,so,so.*} \
        "$DESTDIR$LIBDIR/pkgconfig/dm_connections.pc" \
        "$DESTDIR$INCLUDEDIR"/dm_connections.{h,hpp}
    rm -rf "${DESTDIR}$php_dir"
}

install_all() {
    local built=build/lib/libdm_connections.so.$version
    [[ -e $built ]] || fail "$built is not there: run \`make\` first"

    # Earlier versions stay: a running PHP worker may still open the one it was started with.
    place_library "$DESTDIR$LIBDIR" "$built"
    place build/lib/libdm_connections.a "$DESTDIR$LIBDIR/libdm_connections.a"
    place include/dm_connections.h "$DESTDIR$INCLUDEDIR/dm_connections.h"
    place include/dm_connections.hpp "$DESTDIR$INCLUDEDIR/dm_connections.hpp"

    sed -e "s|@PREFIX@|$PREFIX|" -e "s|@LIBDIR@|$LIBDIR|" -e "s|@INCLUDEDIR@|$INCLUDEDIR|" \
        -e "s|@VERSION@|$version|" dm_connections.pc.in >build/dm_connections.pc
    place build/dm_connections.pc "$DESTDIR$LIBDIR/pkgconfig/dm_connections.pc"

    (cd php && find autoload.php preload.php src dropin bin/guard.php -type f) | while read -r file; do
        place "php/$file" "$DESTDIR$php_dir/$file"
    done
}

case ${1:-install} in
    install) install_all ;;
    uninstall) uninstall ;;
    *) fail "usage: install.sh [uninstall]" ;;
esac

# The loader's cache, where this is the running system and not a package's staging directory.
if [[ -z $DESTDIR && $EUID -eq 0 ]]; then
    ldconfig
fi
