#!/usr/bin/env bash
# test-c.sh [plain] [valgrind] [asan]: builds tests/c and examples/c against the library and runs them; by itself all three
# ways.
source "$(dirname "$0")/common.sh"

ways=("$@")
[[ ${#ways[@]} -gt 0 ]] || ways=(plain valgrind asan)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# compile OUT LIBRARY-DIRECTORY C-COMPILER C++-COMPILER FLAGS...: all at once.
compile() {
    local out=$1 library=$2 cc=$3 cxx=$4 source name pid pids=()
    shift 4
    local common=("-DDM_TEST_VERSION=\"$version\"" "-DDM_TEST_HEADER=\"$root/include/dm_connections.h\"" -Iinclude
        -Wall -Wextra -Werror -pedantic -g -O1 "$@")
    local links=("-L$library" -ldm_connections "-Wl,-rpath,$library" -pthread)
    rm -rf "$out" && mkdir -p "$out"
    for source in tests/c/*.c tests/c/*.cpp; do
        name=$(basename "${source%.*}")
        case $source in
            *.cpp) "$cxx" -std=c++17 "${common[@]}" "$source" -o "$out/$name" "${links[@]}" & ;;
            *) "$cc" -std=c99 "${common[@]}" "$source" -o "$out/$name" "${links[@]}" & ;;
        esac
        pids+=($!)
    done
    for source in examples/c/*.c; do
        "$cc" -std=c99 "${common[@]}" "$source" -o "$out/example_$(basename "$source" .c)" "${links[@]}" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid"
    done
}

# Those without a sanitizer, of which there are two uses.
compile_plain() {
    [[ -n ${compiled:-} ]] || compile build/tests/plain "$root/build/lib" "$CC" "$CXX"
    compiled=1
}

# run OUT COMMAND...: every test and example of a directory, under a command, as many at once as there are processors.
run() {
    export work
    export -f run_one fail
    printf '%s\0' "$1"/* \
        | xargs -0 -P "$(nproc)" -I PROGRAM bash -euo pipefail -c 'run_one "$@"' test-c.sh "$1" PROGRAM "${@:2}"
}

# run_one OUT PROGRAM COMMAND...: one of them, under a command. One that hangs is ended.
run_one() {
    local name started=$SECONDS status=0 arguments=()
    name=$(basename "$2")
    # Examples are told where to keep their store, and print what a reader of them sees.
    [[ $name != example_* ]] || arguments=("$work/$(basename "$1")-$name")
    timeout "${DM_TEST_SECONDS:-1800}" "${@:3}" "$2" "${arguments[@]}" >"$work/$name.printed" 2>&1 || status=$?
    if [[ $status -ne 0 ]]; then
        cat "$work/$name.printed" >&2
        fail "failed with $status: ${*:3} $2"
    fi
    printf '   %-20s %3d s\n' "$name" $((SECONDS - started))
}

plain() {
    compile_plain
    run build/tests/plain
}

under_valgrind() {
    compile_plain
    # Definite leaks only: Rust's hash tables are held by a pointer into their middle, which counts as "possibly lost".
    local check=(valgrind --quiet --error-exitcode=99 --leak-check=full)
    check+=(--show-leak-kinds=definite --errors-for-leak-kinds=definite)
    # A child leaks on purpose what it inherited (THREATS.md), and has not the stacks of its parent's threads: no leak
    # check in the tests that fork.
    local alone=build/tests/alone forks=build/tests/forks
    rm -rf "$alone" "$forks" && mkdir -p "$alone" "$forks"
    cp build/tests/plain/* "$alone" && mv "$alone"/test_*fork "$forks"
    run "$alone" "${check[@]}"
    run "$forks" valgrind --quiet --error-exitcode=99 --leak-check=no
}

# The library, too, is compiled with the sanitizer.
under_asan() {
    scripts/build.sh --asan
    place_library build/lib-asan "$sanitized"
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
