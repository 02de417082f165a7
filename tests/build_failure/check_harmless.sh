#!/bin/sh
# SPDX-License-Identifier: MIT
# check_harmless.sh COMPILER CASES FLAG... : the cases in the folder CASES compile when nothing offends. They do so together,
# each in a namespace of its own behind all that they include, but for those that specialize templates.
set -eu
compiler=$1 cases=$2
shift 2
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# By the same name each time: ccache knows a source by it, too.
source=$PWD/harmless_$(basename "$cases")_$(basename "$compiler").cpp
trap 'rm -f "$source" "$source.o"' EXIT
compiles() {
  # shellcheck disable=SC2086  # a list of files
  {
    sed -n '/^#include </p' $files
    sh "$here/../../cmake/batch.sh" "$cases" $files
  } >"$source"
  "$here/../support/compiles.sh" "$compiler" "-I$cases" "$@" -o "$source.o" -c "$source" 2>&1 || {
    echo "a case does not compile, though nothing offends"
    exit 1
  }
}
files=$(grep -Lx 'template <>' "$cases"/*.cpp) || true
compiles "$@"
for files in $(grep -lx 'template <>' "$cases"/*.cpp); do
  compiles "$@"
done
