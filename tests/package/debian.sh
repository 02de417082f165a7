#!/bin/sh
# SPDX-License-Identifier: MIT
# debian.sh WORK_DIR CASTORE: builds Debian's source package and its package from the checkout CASTORE, unpacks that, and
# checks that every header, CMake's files and those of pkg-config are in it, and nothing else.
set -eu
work=$1 castore=$2
rm -rf "$work"
mkdir -p "$work/castore-cpp"
cd "$work/castore-cpp"
cp -r "$castore/CMakeLists.txt" "$castore/LICENSE" "$castore/cmake" "$castore/include" "$castore/packaging" .
# [use]
cp -r packaging/debian .
dpkg-buildpackage --unsigned-source --unsigned-changes
# [/use]
cd ..
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$castore/packaging/debian/changelog")
[ -f "castore-cpp_$version.dsc" ] || { echo "no source package was made"; exit 1; }
dpkg-deb -x "libcastore-dev_${version}_all.deb" unpacked
diff -r "$castore/include" unpacked/usr/include
export PKG_CONFIG_PATH="$work/unpacked/usr/share/pkgconfig"
[ "$(pkg-config --modversion castore-sqlite)" = "$version" ]
for path in usr/share/cmake/castore/castoreConfig.cmake usr/share/doc/libcastore-dev/copyright; do
  [ -f "unpacked/$path" ] || { echo "the package has no $path"; exit 1; }
done
found=$(cd unpacked && find . -mindepth 3 -maxdepth 3 | sort | tr '\n' ' ')
[ "$found" = './usr/include/castore ./usr/share/cmake ./usr/share/doc ./usr/share/pkgconfig ' ] ||
  { echo "the package holds: $found"; exit 1; }
