#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh BUILD_DIR PREFIX: installs Castore and checks that every header came along.
set -eu
rm -rf "$2"
cmake --install "$1" --prefix "$2" >/dev/null
source_dir=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$1/CMakeCache.txt")
diff -r "$source_dir/include" "$2/include"
