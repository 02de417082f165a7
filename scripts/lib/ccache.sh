# SPDX-License-Identifier: MIT
# ccache for the scripts of this folder. Source it: . "$(dirname "$0")/lib/ccache.sh"

# use_ccache ROOT: where ccache is installed, CMake runs compilers by it from now on, here and in what is started from
# here. It finds what was compiled before in any copy of the tree ROOT. What it needs for that is set here and in launch,
# and does not depend on its user's configuration.
use_ccache() {
  command -v ccache >/dev/null 2>&1 || return 0
  export CMAKE_CXX_COMPILER_LAUNCHER="$1/scripts/lib/launch" CCACHE_BASEDIR="$1" CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1
  export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime CCACHE_COMPILERCHECK=mtime
}
