#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh CASTORE WORK_DIR PREFIX CMAKE_OPTION... : installs a copy of the Castore checkout as a user would, without the
# packages that only its tests need, and checks that every header came along.
set -eu
castore=$1 work=$2 prefix=$3
shift 3
rm -rf "$work" "$prefix"
mkdir -p "$work"
cp -r "$castore/CMakeLists.txt" "$castore/CMakePresets.json" "$castore/LICENSE" "$castore/cmake" "$castore/include" "$work"
cd "$work"
cmake --preset package -D CMAKE_DISABLE_FIND_PACKAGE_Catch2=ON -D CMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON "$@"
# [install]
cmake --preset package
cmake --install build/package --prefix "$prefix"
# [/install]
diff -r include "$prefix/include"
