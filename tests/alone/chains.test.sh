#!/bin/sh
# SPDX-License-Identifier: MIT
# chains.test.sh CHAINS_AWK: a file comes behind another one only where it includes all that the other one brings.
set -eu
chains=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir "$root/include"

# make FILE INCLUDE... : a file with these includes. One in parentheses stands under a condition.
make() {
  file=$root/include/$1
  shift
  {
    case $file in *.hpp) printf '#ifndef A_HPP\n#define A_HPP\n' ;; esac
    for include in "$@"; do
      case $include in
        '('*) printf '#ifdef SOMETHING\n#include <%s>\n#endif\n' "$(echo "$include" | tr -d '()')" ;;
        *) echo "#include <$include>" ;;
      esac
    done
    case $file in *.hpp) echo '#endif' ;; esac
  } >"$file"
}
failures=0
# expect WHAT CHAIN... : these are the chains of all files.
expect() {
  what=$1
  shift
  printf '%s\n' "$@" | LC_ALL=C sort >"$root/expected"
  awk -v "root=$root" -f "$chains" "$root"/include/* | sed "s|$root/include/||g" | LC_ALL=C sort >"$root/found"
  cmp -s "$root/expected" "$root/found" || {
    echo "$what: expected"
    sed 's/^/  /' "$root/expected"
    echo "found"
    sed 's/^/  /' "$root/found"
    failures=$((failures + 1))
  }
  rm "$root"/include/*
}

make first.hpp vector
make second.hpp first.hpp map
expect 'a header that includes another one' 'first.hpp second.hpp'

make first.hpp vector
make second.hpp vector
expect 'a header that includes the same as another one' 'first.hpp' 'second.hpp'

make first.hpp vector
make second.hpp first.hpp
make third.hpp second.hpp
make other.hpp first.hpp
expect 'of two that include one header, one comes behind it' 'first.hpp other.hpp' 'second.hpp third.hpp'

make first.hpp vector
make second.hpp vector '(first.hpp)'
expect 'an include under a condition is not counted on' 'first.hpp' 'second.hpp'

make first.hpp vector '(map)'
make second.hpp first.hpp
expect 'a condition in a header that both include holds for both' 'first.hpp second.hpp'

make first.cpp vector
make second.cpp vector map
expect 'a source with all that another one includes' 'first.cpp second.cpp'

make first.cpp vector map
make second.cpp vector list string
expect 'a source without something that another one includes' 'first.cpp' 'second.cpp'

make first.cpp vector '(map)'
make second.cpp vector string
expect 'a source without what another one may include' 'first.cpp' 'second.cpp'

make first.hpp vector
make second.cpp first.hpp
make third.cpp vector map string
expect 'a source behind a header, another one not' 'first.hpp second.cpp' 'third.cpp'

[ "$failures" -eq 0 ]
