#!/bin/sh
# SPDX-License-Identifier: MIT
# find.sh WORK_DIR WORDS ARGUMENTS CMAKE_OPTION... : find_package(ARGUMENTS) must fail with WORDS; with - for WORDS it must
# succeed, and castore::castore must be there.
set -u
work=$1 words=$2 arguments=$3
shift 3
rm -rf "$work"
mkdir -p "$work"
cat >"$work/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES CXX)
find_package($arguments)
if(NOT castore_FOUND OR NOT TARGET castore::castore OR NOT TARGET castore::testing)
  message(FATAL_ERROR "not found")
endif()
END
if output=$(cmake -G Ninja -S "$work" -B "$work/build" "$@" 2>&1); then
  [ "$words" = - ] || { echo "succeeded, expected: $words"; exit 1; }
else
  one_line=$(printf '%s' "$output" | tr -s ' \n' '  ')
  case $words:$one_line in
    -:*) printf 'failed:\n%s\n' "$output"; exit 1 ;;
    *:*"$words"*) ;;
    *) printf 'expected: %s\ngot:\n%s\n' "$words" "$output"; exit 1 ;;
  esac
fi
