#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh "COMPILER FLAG...": builds the shared library with everything hidden, and the program, and runs it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
# shellcheck disable=SC2086  # a compiler and flags
compile() { $compiler -std=c++20 -Wall -Wextra -Werror -I"$here/../../../include" "$@"; }
compiler=$1
compile -fvisibility=hidden -fvisibility-inlines-hidden -fPIC -shared -o "$directory/liberrors.so" "$here/library.cpp"
compile -o "$directory/main" "$here/main.cpp" -L"$directory" -lerrors -Wl,-rpath,"$directory"
"$directory/main"
