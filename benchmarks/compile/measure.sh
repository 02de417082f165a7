#!/bin/sh
# SPDX-License-Identifier: MIT
# measure.sh [COMPILER...]: the processor time in seconds that compiling takes, without optimisation; the least of five.
set -eu
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- g++ clang++-16

least() {
  for _ in 1 2 3 4 5; do
    TIMEFORMAT=%U bash -c 'time "$@" 2>/dev/null' - "$@" 2>&1
  done | sort -n | head -n 1
}

printf '%-54s' file
printf '%11s' "$@"
echo
row() {
  printf '%-54s' "$1"
  for compiler in $compilers; do printf '%9s s' "$(least "$compiler" -std=c++20 -O0 -I include -c "$2" -o /dev/null)"; done
  echo
}
compilers=$*
standard=$(mktemp --suffix .cpp) includes=$(mktemp --suffix .cpp)
trap 'rm -f "$standard" "$includes"' EXIT
grep -rhoE '#include <[a-z_]+>' include/castore/core include/castore/detail include/castore/adapters/in_memory* |
  sort -u >"$standard"
grep '^#include' examples/readme.cpp >"$includes"
row 'the standard headers that core and in memory include' "$standard"
row 'core and in memory, without JSON' benchmarks/compile/core.cpp
row 'the same with a store and a command in use' benchmarks/compile/store.cpp
row 'nlohmann_json alone, for the structs of the README' benchmarks/compile/nlohmann.cpp
row 'what the program of the README includes' "$includes"
row 'the program of the README' examples/readme.cpp
