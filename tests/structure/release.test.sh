#!/bin/sh
# SPDX-License-Identifier: MIT
# release.test.sh ROOT: changes one place after the other in a copy of what scripts/release compares, and expects it to name
# that place; and lets it set a version everywhere.
set -u
root=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0
mkdir -p "$tree/include/castore" "$tree/docs/guides" "$tree/scripts/lib"
cp -r "$root/CHANGELOG.md" "$root/CITATION.cff" "$root/meson.build" "$root/packaging" "$root/cmake" "$tree"
cp "$root/include/castore/version.hpp" "$tree/include/castore"
cp "$root/docs/guides/installing.md" "$tree/docs/guides"
cp "$root/scripts/release" "$tree/scripts"
cp "$root/scripts/lib/components.py" "$tree/scripts/lib"
fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# finds WORDS FILE SED_SCRIPT : expects WORDS of the check after this change of a file, which is then taken back.
finds() {
  cp "$tree/$2" "$tree/kept"
  sed -i "$3" "$tree/$2"
  cmp -s "$tree/kept" "$tree/$2" && fail "sed '$3' changes nothing in $2"
  if output=$("$tree/scripts/release" check 2>&1); then fail "nothing was found, expected: $1"; fi
  case $output in
    *"$1"*) ;;
    *) fail "expected: $1; got: $output" ;;
  esac
  mv "$tree/kept" "$tree/$2"
}

if ! output=$("$tree/scripts/release" check 2>&1); then fail "the copy is refused: $output"; fi
port=packaging/vcpkg/ports/castore
for place in CHANGELOG.md:'s/^## [0-9.]*/## 9.9.9/' CITATION.cff:'s/^version: .*/version: 9.9.9/' \
  meson.build:"s/version: '[0-9.]*', license/version: '9.9.9', license/" packaging/debian/changelog:'1s/(.*)/(9.9.9)/' \
  $port/vcpkg.json:'s/\("version-semver": \)".*"/\1"9.9.9"/' \
  packaging/vcpkg/versions/baseline.json:'s/\("baseline": \)".*"/\1"9.9.9"/' \
  packaging/vcpkg/versions/c-/castore.json:'s/\("version-semver": \)".*"/\1"9.9.9"/'; do
  finds "${place%%:*}: the version is 9.9.9" "${place%%:*}" "${place#*:}"
done

finds "$port/vcpkg.json: the list of features" $port/vcpkg.json 's/"libpq"/"libpqxx"/'
finds "$port/usage: the list of components" $port/usage 's/, simdjson//'
finds 'conanfile.py: the list of components' packaging/conan/conanfile.py '/^    "sqlite": /d'
finds 'conanfile.py: what COMPONENTS says of versions' packaging/conan/conanfile.py 's/>=3.37/>=3.30/'
finds 'meson.build: the list of components' meson.build "/^  'sqlite'/d"
finds 'castore.wrap: what it provides' packaging/meson/castore.wrap '/^castore-sqlite/d'
finds 'control: Suggests' packaging/debian/control 's/, libpq-dev//'
finds 'installing.md: the table of components' docs/guides/installing.md '/^| `sqlite`/d'
finds 'installing.md: what sqlite needs' docs/guides/installing.md 's/`libsqlite3-dev`/`libsqlite-dev`/'
finds 'sqlite.cmake: the length of component_conan_packages' cmake/components/sqlite.cmake '/conan/d'
finds 'sqlite.cmake: what component_pkgconfig_packages says of versions' cmake/components/sqlite.cmake 's/>= 3.37/>= 3.30/'

# A component that is forgotten everywhere.
printf 'set(component_headers log.hpp)\nset(component_packages ZLIB)\n' >"$tree/cmake/components/zlib.cmake"
output=$("$tree/scripts/release" check 2>&1)
for place in zlib.cmake $port/vcpkg.json $port/usage conanfile.py meson.build castore.wrap installing.md; do
  case $output in
    *"$place"*) ;;
    *) fail "zlib is not missed in $place: $output" ;;
  esac
done
[ "$(printf '%s\n' "$output" | grep -c '^cmake/components/zlib.cmake: the length of')" -eq 5 ] ||
  fail "what zlib.cmake lacks is not told: $output"
rm "$tree/cmake/components/zlib.cmake"

if "$tree/scripts/release" set 9.9.9 >/dev/null 2>&1; then fail 'a version without a heading was set'; fi
sed -i '0,/^## /s//## 9.9.9 (not yet released)\n\n## /' "$tree/CHANGELOG.md"
if ! output=$("$tree/scripts/release" set 9.9.9 2>&1); then fail "the version was not set: $output"; fi
grep -q 'MAJOR 9$' "$tree/include/castore/version.hpp" || fail 'the header has not the version that was set'
if output=$("$tree/scripts/release" build 2>&1); then fail 'a release without a date was made'; fi
case $output in
  *'CHANGELOG.md does not give the date of 9.9.9'*) ;;
  *) fail "expected the date; got: $output" ;;
esac

[ "$failures" -eq 0 ] || exit 1
echo "every planted fault was found"
