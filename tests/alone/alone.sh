#!/bin/sh
# SPDX-License-Identifier: MIT
# alone.sh COMPILER FLAG... -o OBJECT -c SOURCE: checks whether SOURCE compiles as far as its end, and writes no code to
# OBJECT. The compiler is stopped there by an error, end.cpp: what it would do next, instantiate function templates, takes
# it as long again and says nothing about what SOURCE includes.
set -eu
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
# shellcheck source=tests/support/check.sh
. "$here/../support/check.sh"
run_as_compiler "$@"

for argument; do
  shift
  case ${before:-} in -o) object=$argument ;; esac
  before=$argument
  case $argument in
    -c | -o | "${object:-}") continue ;;
    *.cpp) argument=-include$argument ;;
  esac
  set -- "$@" "$argument"
done
output=$(LC_ALL=C "$CASTORE_COMPILER" "$@" -fsyntax-only -Wfatal-errors "$here/end.cpp" 2>&1) || true
case $output in
  *"the end of the file was reached"*)
    "$CASTORE_COMPILER" "$@" -E "$here/end.cpp" >/dev/null  # for the list of what it includes
    echo compiles >"$object"
    ;;
  *)
    printf '%s\n' "$output" >&2
    exit 1
    ;;
esac
