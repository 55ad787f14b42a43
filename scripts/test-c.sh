#!/usr/bin/env bash
# test-c.sh [plain] [valgrind] [asan]: builds tests/c and examples/c against the library and runs them; by itself all three
# ways.
source "$(dirname "$0")/common.sh"

ways=("$@")
[[ ${#ways[@]} -gt 0 ]] || ways=(plain valgrind asan)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# compile OUT LIBRARY-DIRECTORY C-COMPILER C++-COMPILER FLAGS...
compile() {
    local out=$1 library=$2 cc=$3 cxx=$4 source name
    shift 4
    local common=("-DDM_TEST_VERSION=\"$version\"" "-DDM_TEST_HEADER=\"$root/include/dm_connections.h\"" -Iinclude
        -Wall -Wextra -Werror -pedantic -g -O1 "$@")
    local links=("-L$library" -ldm_connections "-Wl,-rpath,$library" -pthread)
    rm -rf "$out" && mkdir -p "$out"
    for source in tests/c/*.c tests/c/*.cpp; do
        name=$(basename "${source%.*}")
        case $source in
            *.cpp) "$cxx" -std=c++17 "${common[@]}" "$source" -o "$out/$name" "${links[@]}" ;;
            *) "$cc" -std=c99 "${common[@]}" "$source" -o "$out/$name" "${links[@]}" ;;
        esac
    done
    for source in examples/c/*.c; do
        "$cc" -std=c99 "${common[@]}" "$source" -o "$out/example_$(basename "$source" .c)" "${links[@]}"
    done
}

# run OUT COMMAND...: every test and example of a directory, under a command. One that hangs is ended.
run() {
    local out=$1 name
    shift
    for name in "$out"/test_*; do
        run_one "$name" "$@" "$name"
    done
    # Those that fork, in a directory of their own, have no examples beside them.
    for name in $(compgen -G "$out/example_*"); do
        run_one "$name" "$@" "$name" "$work/$(basename "$out")-$(basename "$name")" >"$work/printed"
        tail -n 1 "$work/printed"
    done
}

# run_one NAME COMMAND...: one of them.
run_one() {
    local name=$1 started=$SECONDS status=0
    shift
    timeout "${DM_TEST_SECONDS:-1800}" "$@" || status=$?
    [[ $status -eq 0 ]] || fail "failed with $status: $*"
    printf '   %-20s %3d s\n' "$(basename "$name")" $((SECONDS - started))
}

plain() {
    compile build/tests/plain "$root/build/lib" "$CC" "$CXX"
    run build/tests/plain
}

under_valgrind() {
    compile build/tests/plain "$root/build/lib" "$CC" "$CXX"
    # Definite leaks only: Rust's hash tables are held by a pointer into their middle, which counts as "possibly lost".
    local check=(valgrind --quiet --error-exitcode=99 --leak-check=full)
    check+=(--show-leak-kinds=definite --errors-for-leak-kinds=definite)
    # A child leaks on purpose what it inherited (THREATS.md), and has not the stacks of its parent's threads: no leak
    # check in the tests that fork.
    local forks=build/tests/forks
    rm -rf "$forks" && mkdir -p "$forks" && mv build/tests/plain/test_*fork "$forks"
    run build/tests/plain "${check[@]}"
    run "$forks" valgrind --quiet --error-exitcode=99 --leak-check=no
}

# The library, too, is compiled with the sanitizer. It is an unstable flag of rustc, which RUSTC_BOOTSTRAP lets a stable
# one take; and such a build has a target directory of its own, because build scripts look at that variable.
under_asan() {
    local host
    host=$(rustc -vV | sed -n 's/^host: //p')
    RUSTC_BOOTSTRAP=1 RUSTFLAGS="${RUSTFLAGS:-} -Zsanitizer=address" \
        cargo build --quiet --locked --lib --target "$host" --target-dir "$target/asan"
    place_library build/lib-asan "$target/asan/$host/debug/libdm_connections.so"
    compile build/tests/asan "$root/build/lib-asan" clang clang++ -fsanitize=address,undefined
    ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=1} run build/tests/asan
}

for way in "${ways[@]}"; do
    step "C tests: $way"
    case $way in
        plain) plain ;;
        valgrind) under_valgrind ;;
        asan) under_asan ;;
        *) fail "usage: test-c.sh [plain] [valgrind] [asan]" ;;
    esac
done
