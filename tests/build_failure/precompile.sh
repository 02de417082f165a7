#!/bin/sh
# SPDX-License-Identifier: MIT
# precompile.sh COMPILER CASES HEADER FLAG... : writes all that the cases in the folder CASES include to HEADER, and beside
# it what the compiler makes of it, which it takes instead where it is told `-include HEADER`.
set -eu
compiler=$1 cases=$2 header=$3
shift 3
mkdir -p "$(dirname "$header")"
{
  echo "#include <castore/castore.hpp>"  # first, as users write it: compilers list by which headers they came to a message
  sed -n "/^#include </p" "$cases"/*.cpp | sort -u
} >"$header"
"$compiler" "$@" -x c++-header "$header" -o "$header.gch"
# ccache takes the checksum of what went into it, instead of what came out, which differs each time.
"$compiler" "$@" -E -P -x c++-header "$header" | cksum >"$header.gch.sum"
