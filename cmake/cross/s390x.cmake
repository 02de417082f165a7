# SPDX-License-Identifier: MIT
# s390x, where the most significant byte of a number comes first; compiled by Clang with Debian's libraries of that
# system, run by QEMU. (Debian's GCC for it cannot be installed next to g++-multilib, which other tests need.)
set(cross_debian_packages clang-16 libstdc++-12-dev-s390x-cross libc6-dev-s390x-cross binutils-s390x-linux-gnu qemu-user)
set(cross_c_compiler clang-16 --target=s390x-linux-gnu)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(CMAKE_CXX_COMPILER clang++-16)
set(CMAKE_CXX_COMPILER_TARGET s390x-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-s390x -L /usr/s390x-linux-gnu)
include("${CMAKE_CURRENT_LIST_DIR}/find/prefix.cmake")
