#!/bin/sh
# SPDX-License-Identifier: MIT
# check_output.sh PROGRAM EXPECTED EXPECTED_AGAIN: runs a program in an empty folder, and again in the same folder. It
# must exit 0 and print exactly the file EXPECTED, then exactly the file EXPECTED_AGAIN.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/run"
for expected in "$2" "$3"; do
  (cd "$dir/run" && "$1") >"$dir/output"
  diff -u "$expected" "$dir/output"
done
