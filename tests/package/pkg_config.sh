#!/bin/sh
# SPDX-License-Identifier: MIT
# pkg_config.sh WORK_DIR CASTORE PREFIX COMPILER: compiles a program with what pkg-config says of the Castore installed in
# PREFIX, after that was moved elsewhere, and runs it. Every component has a file for pkg-config.
set -eu
work=$1 castore=$2 prefix=$3 compiler=$4
rm -rf "$work"
mkdir -p "$work"
cp -r "$prefix" "$work/moved"
cp "$(dirname "$0")/main.cpp" "$work"
cd "$work"
export PKG_CONFIG_PATH="$work/moved/share/pkgconfig"
for file in "$castore"/cmake/components/*.cmake; do
  name=castore-$(basename "$file" .cmake)
  pkg-config --print-errors --exists "$name"
  case $(pkg-config --cflags "$name") in
    *"-I$work/moved/"*) ;;
    *) echo "$name does not lead to the headers: $(pkg-config --cflags "$name")"; exit 1 ;;
  esac
done
mkdir bin
printf '#!/bin/sh\nexec %s "%s" "$@"\n' "${CMAKE_CXX_COMPILER_LAUNCHER:-}" "$(command -v "$compiler")" >bin/c++
chmod +x bin/c++
export PATH="$work/bin:$PATH"
# shellcheck disable=SC2046  # words
# [use]
c++ -std=c++20 main.cpp -o my_app $(pkg-config --cflags --libs castore-sqlite)
# [/use]
output=$(./my_app)
[ "$output" = "PIKACHU_APPEARED" ] || { echo "the program printed: $output"; exit 1; }
