#!/bin/sh
# SPDX-License-Identifier: MIT
# check_harmless.sh COMPILER CASES FLAG... : the cases in the folder CASES compile when nothing offends. They do so together,
# each in a namespace of its own, but for those that specialize templates.
set -eu
compiler=$1 cases=$2
shift 2
compiles() {
  # shellcheck disable=SC2086  # a list of files
  sh "$(dirname "$0")/../../cmake/batch.sh" "$cases" $files | "$compiler" -fsyntax-only "-I$cases" "$@" -x c++ - 2>&1 || {
    echo "a case does not compile, though nothing offends"
    exit 1
  }
}
files=$(grep -Lx 'template <>' "$cases"/*.cpp) || true
compiles "$@"
for files in $(grep -lx 'template <>' "$cases"/*.cpp); do
  compiles "$@"
done
