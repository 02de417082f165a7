# SPDX-License-Identifier: MIT
# For scripts that check what a compiler says, and leave a file when it is right. Source it.

# run_as_compiler COMPILER ARGUMENT... : to be called first, with the script's own arguments. If ccache is used, the script
# starts again as what ccache takes for a compiler: it is not run where it passed already, with the same source, headers and
# script. $CASTORE_COMPILER is COMPILER from then on.
run_as_compiler() {
  if [ -z "${CASTORE_COMPILER:-}" ]; then
    CASTORE_COMPILER=$1
    shift
    castore_version=$("$CASTORE_COMPILER" --version | head -n 1)
    case $castore_version in *clang*) CCACHE_COMPILERTYPE=clang ;; *) CCACHE_COMPILERTYPE=gcc ;; esac
    CCACHE_COMPILERCHECK=string:$castore_version$(cat "$(dirname "$0")"/*.sh | cksum)
    export CASTORE_COMPILER CCACHE_COMPILERTYPE CCACHE_COMPILERCHECK
    exec ${CMAKE_CXX_COMPILER_LAUNCHER:-} "$0" "$@"
  fi
  for castore_argument; do
    [ "$castore_argument" != -E ] || exec "$CASTORE_COMPILER" "$@"
  done
}
