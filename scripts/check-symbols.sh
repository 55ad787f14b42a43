#!/usr/bin/env bash
# check-symbols.sh [LIBRARY]: the shared library exports what the header declares and nothing else (the bundled SQLite
# least of all), is linked as DESIGN says, and takes its time from the machine alone.
source "$(dirname "$0")/common.sh"

library=${1:-build/lib/libdm_connections.so.$version}

for built in "$library" "${library%.so*}.a"; do
    if [[ -e $built ]] && grep -qaF DM_TEST_CLOCK "$built"; then
        fail "$built was built with the feature test-clock: it takes its time from a file"
    fi
done

declared=$(sed -nE 's/^[a-z].*\b(dm_[a-z0-9_]+)\(.*/\1/p' include/dm_connections.h | LC_ALL=C sort)
exported=$(nm -D --defined-only "$library" | awk '{ print $3 }' | LC_ALL=C sort)
diff <(echo "$declared") <(echo "$exported") \
    || fail "the header declares (<) other functions than $library exports (>)"

if nm -D --undefined-only "$library" | grep -E 'sqlite3_'; then
    fail "SQLite comes from elsewhere: it must be our bundled copy"
fi

dynamic=$(readelf -dW "$library")
grep -q "SONAME.*\[$soname\]" <<<"$dynamic" || fail "the soname is not $soname"
grep -q 'FLAGS_1.*NODELETE' <<<"$dynamic" || fail "not linked with -z nodelete: PHP would unload open stores"
grep -q 'FLAGS.*BIND_NOW' <<<"$dynamic" || fail "not linked with -z now"
readelf -lW "$library" | grep -q 'GNU_RELRO' || fail "not linked with -z relro"
if readelf -lW "$library" | grep 'GNU_STACK' | grep -q 'RWE'; then
    fail "the stack is executable"
fi

echo "$(wc -l <<<"$declared") functions, exported and declared alike"
