#!/bin/sh
# SPDX-License-Identifier: MIT
# single_header.sh WORK_DIR CASTORE COMPILER: makes castore.hpp, alone and with SQLite, and compiles and runs programs with
# nothing of Castore but that header; with all components it need only compile.
set -eu
work=$1 castore=$2 compiler=$3
rm -rf "$work"
mkdir -p "$work"
cp "$(dirname "$0")/main.cpp" "$work"
cd "$work"
scripts=$castore/scripts

# program NAME : from main.cpp, with one header in place of Castore's.
program() {
  sed -e '/castore\/castore.hpp/d' -e 's|<castore/adapters/sqlite.hpp>|"castore.hpp"|' -e "$2" main.cpp >"$1/main.cpp"
  grep -q 'castore/' "$1/main.cpp" && { echo "$1/main.cpp still includes a header of Castore"; exit 1; }
  ${CMAKE_CXX_COMPILER_LAUNCHER:-} "$compiler" -std=c++20 -Wall -Wextra -Werror -o "$1/main.o" -c "$1/main.cpp"
}
# runs NAME LIBRARY... : links it.
runs() {
  name=$1
  shift
  "$compiler" -o "$name/my_app" "$name/main.o" "$@" -pthread
  output=$("./$name/my_app")
  [ "$output" = "PIKACHU_APPEARED" ] || { echo "$name printed: $output"; exit 1; }
}

mkdir core sqlite all
"$scripts"/single_header >core/castore.hpp
program core 's/SqliteEventStorageAdapter storage{[^}]*}/InMemoryEventStorageAdapter storage/'
runs core
# [use]
"$scripts"/single_header sqlite >castore.hpp
# [/use]
mv castore.hpp sqlite/
program sqlite ''
runs sqlite -lsqlite3

components=$(cd "$castore/cmake/components" && find . -name '*.cmake' | sed 's|^\./||; s/\.cmake$//' | sort)
headers=$(cd "$castore/include" && find castore -maxdepth 1 -name '*.hpp' | sort)
# shellcheck disable=SC2086  # lists of words
"$scripts/single_header" $components $headers castore/messaging/outbox_relay.hpp castore/maintenance/pour.hpp \
  >all/castore.hpp
if grep -n '^ *# *include *<castore/' core/castore.hpp sqlite/castore.hpp all/castore.hpp; then exit 1; fi
echo '#include "castore.hpp"' >all/all.cpp
# shellcheck disable=SC2046  # words
${CMAKE_CXX_COMPILER_LAUNCHER:-} "$compiler" -std=c++20 -Wall -Wextra -Werror -fsyntax-only \
  $(pkg-config --cflags libpq) all/all.cpp
if "$scripts/single_header" mongodb 2>/dev/null; then
  echo "an unknown component was accepted"
  exit 1
fi
