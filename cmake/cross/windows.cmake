# SPDX-License-Identifier: MIT
# 64-bit Windows: compiled by MinGW-w64's GCC, run by Wine.
set(cross_debian_packages g++-mingw-w64-x86-64-posix wine64 lld)
set(cross_c_compiler x86_64-w64-mingw32-gcc-posix)

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
# An object file of tests has more sections than a small one can number.
set(CMAKE_CXX_FLAGS_INIT -Wa,-mbig-obj)
set(CMAKE_USER_MAKE_RULES_OVERRIDE_CXX "${CMAKE_CURRENT_LIST_DIR}/link/windows.cmake")
set(CMAKE_CROSSCOMPILING_EMULATOR sh "${CMAKE_CURRENT_LIST_DIR}/run/wine.sh")
include("${CMAKE_CURRENT_LIST_DIR}/find/prefix.cmake")
