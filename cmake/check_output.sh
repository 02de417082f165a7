#!/bin/sh
# SPDX-License-Identifier: MIT
# check_output.sh EXPECTED EXPECTED_AGAIN COMMAND...: runs a command in an empty folder, and again in the same folder. It
# must exit 0 and print exactly the file EXPECTED, then exactly the file EXPECTED_AGAIN.
set -eu
first=$1 again=$2
shift 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/run"
for expected in "$first" "$again"; do
  (cd "$dir/run" && "$@") >"$dir/output"
  diff -u "$expected" "$dir/output"
done
