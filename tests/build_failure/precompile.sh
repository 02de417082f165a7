#!/bin/sh
# SPDX-License-Identifier: MIT
# precompile.sh COMPILER CASES HEADER FLAG... : writes what the cases in the folder CASES include to HEADER, and beside it
# what the compiler makes of it, which it takes instead where it is told `-include HEADER`. For Clang that is all of it, with
# the templates that it uses instantiated. GCC cannot do this: each case would instantiate them all again, so it gets only
# what most cases need, the standard's headers and castore.hpp.
set -eu
compiler=$1 cases=$2 header=$3
shift 3
includes='^#include <[a-z_]*>'
if "$compiler" --version | grep -q clang; then
  includes='^#include <'
  set -- "$@" -fpch-instantiate-templates
fi
mkdir -p "$(dirname "$header")"
{
  echo "#include <castore/castore.hpp>"  # first, as users write it: compilers list by which headers they came to a message
  sed -n "/$includes/p" "$cases"/*.cpp | sort -u
} >"$header"
"$compiler" "$@" -x c++-header "$header" -o "$header.gch"
# ccache takes the checksum of what went into it, instead of what came out, which differs each time.
"$compiler" "$@" -E -P -x c++-header "$header" | cksum >"$header.gch.sum"
