#!/bin/sh
# SPDX-License-Identifier: MIT
# headers.sh compile|behind-macros|optimise [--without PATTERN] COMPILER FLAG... : every header, and behind them a
# program that uses every part, compile with these flags, without a warning. PATTERN names headers to leave out.
#   behind-macros  the usual macros of X11, Qt, Windows and others stand before our headers.
#   optimise       what the program uses is compiled into code, for the warnings that need that.
# headers.sh refuse WORDS [--only PATTERN] COMPILER FLAG... : every header alone, or those that PATTERN names, gives one
# error with these words, and no other but that it ends there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
include=$(cd "$here/../../include" && pwd)
# The same for the same arguments: ccache knows a source by its name, too.
directory=$PWD/headers_$(printf '%s' "$*" | cksum | cut -d ' ' -f 1)
mkdir -p "$directory"
trap 'rm -rf "$directory"' EXIT
mode=$1
shift
words='' without=/catch2 only=.
[ "$mode" != refuse ] || { words=$1 && shift; }
case $1 in
  --without) without="/catch2|$2" && shift 2 ;;
  --only) only=$2 && shift 2 ;;
esac

# Headers of a test framework are compiled by tests of that framework.
cd "$include"
find castore -name '*.hpp' | LC_ALL=C sort | grep -Ev -e "$without" | grep -E -e "$only" >"$directory/headers"
[ -s "$directory/headers" ] || { echo "no header is left" && exit 1; }

if [ "$mode" = refuse ]; then
  failures=0
  while read -r header; do
    case $header in castore/version.hpp) continue ;; esac  # macros only
    if "$@" -I"$include" -fsyntax-only -x c++ -include "$header" /dev/null >"$directory/output" 2>&1; then
      echo "$header: was compiled" && failures=$((failures + 1))
    elif ! grep -qF -e "$words" "$directory/output" || [ "$(grep -c 'error: ' "$directory/output")" -ne 2 ]; then
      echo "$header: said something else than \"$words\":" && head -n 20 "$directory/output"
      failures=$((failures + 1))
    fi
  done <"$directory/headers"
  [ "$failures" -eq 0 ] || exit 1
  echo "$(wc -l <"$directory/headers") headers say: $words"
  exit
fi

{
  if [ "$mode" = behind-macros ]; then
    sed 's/^/include\//' "$directory/headers" | (cd .. && xargs grep -hoE '^#include <[^>]*>') |
      grep -Ev '<castore/|<see ' | LC_ALL=C sort -u |
      sed 's/#include \(<.*>\)/#if __has_include(\1)\n&\n#endif/'
    echo '#include "usual_macros.hpp"'
  fi
  sed 's/.*/#include <&>/' "$directory/headers"
  echo '#include "every_part.cpp"'
} >"$directory/headers.cpp"
compile=$here/../support/compiles.sh
[ "$mode" != optimise ] || compile=${CMAKE_CXX_COMPILER_LAUNCHER:-}
# shellcheck disable=SC2086  # a word or none
if ! $compile "$@" -I"$include" -iquote "$here" -o "$directory/headers.o" -c "$directory/headers.cpp" \
  >"$directory/output" 2>&1 ||
  grep -q 'warning: ' "$directory/output"; then
  head -n 60 "$directory/output"
  exit 1
fi
echo "$(wc -l <"$directory/headers") headers and a program compile"
