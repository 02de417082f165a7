#!/bin/sh
# SPDX-License-Identifier: MIT
# vcpkg.sh WORK_DIR CASTORE COMPILER: installs the port of the checkout CASTORE as vcpkg would, moves it, and builds a
# program with it.
set -eu
work=$1 castore=$2 compiler=$3
here=$(dirname "$0")
rm -rf "$work"
cmake -D PORT_DIR="$castore/packaging/vcpkg/ports/castore" -D WORK="$work/vcpkg" -D CMAKE_CXX_COMPILER="$compiler" \
  -P "$here/vcpkg.cmake"
mv "$work/vcpkg/packages" "$work/installed"
sh "$here/build_consumer.sh" "$work/consumer" "$here/find_package" "$castore" -DCMAKE_CXX_COMPILER="$compiler" \
  -Dcastore_DIR="$work/installed/share/castore"
