#!/bin/sh
# SPDX-License-Identifier: MIT
# measure.sh [COMPILER...]: the processor time in seconds that compiling takes, without optimisation, the least of three;
# of many event types also the most memory in MB. The compilers run at the same time, each on a processor.
set -eu
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- g++ clang++-16
compilers=$*
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# compile COMPILER FILE: seconds and MB.
compile() {
  for _ in 1 2 3; do
    /usr/bin/time -f '%U %M' "$1" -std=c++20 -O0 -I include -c "$2" -o /dev/null 2>&1
  done | sort -n | awk 'NR == 1 { printf "%.2f %.0f\n", $1, $2 / 1024 }'
}

# compile_with_all FILE NAME: the same with each compiler, into the file COMPILER.NAME.
compile_with_all() {
  for compiler in $compilers; do compile "$compiler" "$1" >"$work/$compiler.$2" & done
  wait
}

printf '%-54s' file
printf '%11s' "$@"
echo
row() {
  compile_with_all "$2" row
  printf '%-54s' "$1"
  for compiler in $compilers; do awk '{ printf "%9s s", $1 }' "$work/$compiler.row"; done
  echo
}
grep -rhoE '#include <[a-z_]+>' include/castore/core include/castore/detail include/castore/adapters/in_memory* |
  sort -u >"$work/standard.cpp"
grep '^#include' examples/readme.cpp >"$work/includes.cpp"
row 'the standard headers that core and in memory include' "$work/standard.cpp"
row 'core and in memory, without JSON' benchmarks/compile/core.cpp
row 'the same with a store and a command in use' benchmarks/compile/store.cpp
row 'nlohmann_json alone, for the structs of the README' benchmarks/compile/nlohmann.cpp
row 'what the program of the README includes' "$work/includes.cpp"
row 'the program of the README' examples/readme.cpp

echo
printf '%-42s' 'event types of four fields'
for compiler in $compilers; do printf '%34s' "$compiler: castore, by hand, times"; done
echo
for count in 5 20 60; do
  printf '%-42s' "$count, a store in memory, a command"
  for form in library by_hand; do
    sh benchmarks/compile/many_types.sh $form $count >"$work/$form.cpp"
    compile_with_all "$work/$form.cpp" $form
  done
  for compiler in $compilers; do
    paste -d ' ' "$work/$compiler.library" "$work/$compiler.by_hand" >"$work/$compiler.$count"
    awk '{ printf "%16.2f s %6.2f s %7.2f", $1, $3, $1 / $3 }' "$work/$compiler.$count"
  done
  echo
done
for count in 5 20 60; do
  printf '%-42s' "$count, memory"
  for compiler in $compilers; do awk '{ printf "%15.0f MB %5.0f MB %7.2f", $2, $4, $2 / $4 }' "$work/$compiler.$count"; done
  echo
done
