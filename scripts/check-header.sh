#!/usr/bin/env bash
# The committed header is what src/ffi says, and C, C++ and PHP take it.
source "$(dirname "$0")/common.sh"

fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT

scripts/header.sh "$fresh"
diff -u include/dm_connections.h "$fresh" || fail "the header is stale: run \`make header\` and commit it"

gcc -std=c99 -Wall -Wextra -Werror -pedantic -fsyntax-only -x c include/dm_connections.h
echo '#include "dm_connections.hpp"' \
    | g++ -std=c++17 -Wall -Wextra -Werror -pedantic -Iinclude -fsyntax-only -x c++ -

# The whole header, comments and all, through PHP's own C parser; it resolves every function, too.
# shellcheck disable=SC2016 # the dollars are PHP's
php -d ffi.enable=true -r '
    $ffi = FFI::cdef(file_get_contents($argv[1]), $argv[2]);
    exit($ffi->DM_OK === 0 && $ffi->dm_version() === $argv[3] ? 0 : 1);
' include/dm_connections.h "build/lib/libdm_connections.so.$version" "$version" \
    || fail "PHP does not take include/dm_connections.h"

echo "the header is fresh; gcc, g++ and PHP take it"
