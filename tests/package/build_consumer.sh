#!/bin/sh
# SPDX-License-Identifier: MIT
# build_consumer.sh WORK_DIR CONSUMER CASTORE CMAKE_OPTION... : builds a consumer project in a folder of its own, with the
# Castore checkout beside it as castore/, and runs its program.
set -eu
work=$1 consumer=$2 castore=$3
shift 3
rm -rf "$work"
mkdir -p "$work/project" "$work/run"
cp "$consumer/CMakeLists.txt" "$consumer/../main.cpp" "$work/project"
ln -s "$castore" "$work/project/castore"
cmake -G Ninja -S "$work/project" -B "$work/build" "-DFETCHCONTENT_SOURCE_DIR_CASTORE=$castore" "$@"
cmake --build "$work/build"
cd "$work/run"
output=$("$work/build/my_app")
[ "$output" = "PIKACHU_APPEARED" ] || { echo "the program printed: $output"; exit 1; }
