#!/bin/sh
# SPDX-License-Identifier: MIT
# compiles.sh COMPILER FLAG... -o STAMP -c SOURCE: checks whether SOURCE compiles, and writes no code; then it writes STAMP.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=tests/support/check.sh
. "$here/check.sh"
run_as_compiler "$@"

for argument; do
  shift
  case ${before:-} in -o) stamp=$argument ;; esac
  before=$argument
  case $argument in -c | -o | "${stamp:-}") continue ;; esac
  set -- "$@" "$argument"
done
"$CASTORE_COMPILER" "$@" -fsyntax-only
echo compiles >"$stamp"
