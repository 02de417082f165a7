#!/bin/sh
# SPDX-License-Identifier: MIT
# meson.sh WORK_DIR CASTORE COMPILER: builds a project of Meson that gets Castore by the wrap file, from a repository with
# what Meson needs of the checkout CASTORE, and runs its program.
set -eu
work=$1 castore=$2 compiler=$3
here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd -P)
rm -rf "$work"
mkdir -p "$work/repository" "$work/project/subprojects" "$work/run"
cp -r "$castore/meson.build" "$castore/include" "$work/repository"
cd "$work/repository"
git -c init.defaultBranch=main init -q
git add -A
git -c user.name=test -c user.email=test@localhost -c commit.gpgsign=false commit -q -m 'What Meson needs'

cp "$here/meson/meson.build" "$here/main.cpp" "$work/project"
sed "s|= CASTORE_REPOSITORY|= $work/repository|" "$castore/packaging/meson/castore.wrap" \
  >"$work/project/subprojects/castore.wrap"
CXX="${CMAKE_CXX_COMPILER_LAUNCHER:-} $compiler" meson setup --buildtype plain "$work/build" "$work/project"
ninja -C "$work/build"
cd "$work/run"
output=$("$work/build/my_app")
[ "$output" = "PIKACHU_APPEARED" ] || { echo "the program printed: $output"; exit 1; }
