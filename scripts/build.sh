#!/usr/bin/env bash
# build.sh [--test-clock|--asan]: builds the release library into build/lib, under the names it is installed with, and the
# C examples into build/examples. With --test-clock only a library for tests (Cargo.toml), into $target/test-clock; with
# --asan only one that is compiled with the address sanitizer, $sanitized.
source "$(dirname "$0")/common.sh"

case ${1:-} in
    --test-clock)
        # With the tests of it: built by themselves, they would have the library built once more.
        exec cargo build --profile test-clock --features test-clock --locked --lib --test clock --test vault_refresh \
            --test refreshing
        ;;
    --asan)
        # The sanitizer is an unstable flag of rustc, which RUSTC_BOOTSTRAP lets a stable one take; and such a build has a
        # target directory of its own, because build scripts look at that variable.
        export RUSTC_BOOTSTRAP=1 RUSTFLAGS="${RUSTFLAGS:-} -Zsanitizer=address"
        exec cargo build --locked --lib --target "$host" --target-dir "$target/asan"
        ;;
esac

cargo build --release --locked --lib

if ! cmp -s "$target/release/libdm_connections.so" "build/lib/libdm_connections.so.$version"; then
    place_library build/lib "$target/release/libdm_connections.so"
    place "$target/release/libdm_connections.a" build/lib/libdm_connections.a
fi

mkdir -p build/examples
for source in examples/c/*.c; do
    # Run from anywhere: the library is looked for beside the program.
    # shellcheck disable=SC2016 # the loader's $ORIGIN, no variable
    "$CC" "${c_flags[@]}" "$source" -o "build/examples/$(basename "$source" .c)" \
        -Lbuild/lib -ldm_connections -Wl,-rpath,'$ORIGIN/../lib'
done
