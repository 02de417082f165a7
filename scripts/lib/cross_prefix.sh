# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Systems that are compiled for and emulated here: the presets with a file of their name in cmake/cross/. Source it from
# the root: . scripts/lib/cross_prefix.sh

# What the file of a preset sets: cross_setting PRESET NAME
cross_setting() {
  sed -n "s/^set($2 \([^)]*\)).*/\1/p" "cmake/cross/$1.cmake"
}

# is_cross PRESET
is_cross() {
  [ -f "cmake/cross/$1.cmake" ]
}

# SQLite's source, of an npm package that has it whole, and what it must be.
cross_sqlite_package=better-sqlite3@12.11.1
cross_sqlite_sum=60d2f39a3726cd6b9021da6f4e868608d66fbb6528a9f513dc8ffcc640493422

# get_sqlite: SQLite's source in build/sqlite/package/deps/sqlite3.
get_sqlite() {
  require_node || return 1
  mkdir -p build/sqlite
  if ! echo "$cross_sqlite_sum  build/sqlite/package/deps/sqlite3/sqlite3.c" | sha256sum --check --status 2>/dev/null; then
    (cd build/sqlite && npm pack --silent "$cross_sqlite_package" && tar -xzf ./*.tgz) || return 1
    echo "$cross_sqlite_sum  build/sqlite/package/deps/sqlite3/sqlite3.c" | sha256sum --check || return 1
  fi
}

# copy_client_headers DIRECTORY: the headers of the other libraries that ours include, as they are on this machine. They
# are compiled with ours, and nothing is linked.
copy_client_headers() {
  mkdir -p "$1"
  for cross_package in libcurl4-openssl-dev libssl-dev libpq-dev librdkafka-dev libnats-dev libsimdjson-dev \
    libcpp-httplib-dev; do
    dpkg-query -L "$cross_package" | grep '^/usr/include/.*\.h$' || return 1
  done | while read -r cross_header; do
    cross_name=$(echo "${cross_header#/usr/include/}" | sed 's/^[a-z0-9_]*-linux-gnu[a-z0-9]*\///; s/^postgresql\/\([a-z_-]*\.h\)$/\1/')
    mkdir -p "$1/$(dirname "$cross_name")"
    cp "$cross_header" "$1/$cross_name"
  done
}

# make_cross_prefix PRESET: the libraries that the tests need, in build/PRESET/prefix: SQLite compiled, and those that are
# headers (nlohmann_json, Catch2 2) as they are on this machine.
make_cross_prefix() {
  cross_root=build/$1/prefix
  cross_made="$cross_sqlite_sum $(cksum <"cmake/cross/$1.cmake") $(cksum <scripts/lib/cross_prefix.sh)"
  if [ "$1" = windows ] && [ ! -f build/windows/wine/system.reg ]; then
    mkdir -p build/windows/wine
    sh cmake/cross/run/wine.sh wineboot --init >/dev/null 2>&1 || return 1
  fi
  [ "$(cat "$cross_root/made" 2>/dev/null)" != "$cross_made" ] || return 0
  echo "castore: compiling SQLite for $1"
  if [ ! -f /usr/include/catch2/catch.hpp ] || [ ! -f /usr/include/nlohmann/json.hpp ]; then
    echo "castore: $1 needs the headers of Catch2 2 and nlohmann_json in /usr/include" >&2
    return 1
  fi
  get_sqlite || return 1
  rm -rf "$cross_root"
  mkdir -p "$cross_root/include" "$cross_root/lib/cmake" "$cross_root/share/cmake"
  cp -R /usr/include/nlohmann /usr/include/catch2 "$cross_root/include"
  cp -R /usr/lib/cmake/Catch2 "$cross_root/lib/cmake"
  rm -f "$cross_root"/lib/cmake/Catch2/Catch2Targets-*.cmake  # where the library with a main() is, which we have too
  cp -R /usr/share/cmake/nlohmann_json "$cross_root/share/cmake"
  cp build/sqlite/package/deps/sqlite3/*.h "$cross_root/include"
  copy_client_headers "$cross_root/clients" || return 1
  # shellcheck disable=SC2046  # words
  $(cross_setting "$1" cross_c_compiler) -O1 -w -DSQLITE_THREADSAFE=1 -c build/sqlite/package/deps/sqlite3/sqlite3.c \
    -o "$cross_root/sqlite3.o" || return 1
  ar rcs "$cross_root/lib/libsqlite3.a" "$cross_root/sqlite3.o" || return 1
  rm "$cross_root/sqlite3.o"
  echo "$cross_made" >"$cross_root/made"
}
