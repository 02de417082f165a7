# SPDX-License-Identifier: MIT
# 64-bit Arm, compiled by Clang with Debian's libraries of that system, run by QEMU. (Debian's GCC for it cannot be
# installed next to g++-multilib, which other tests need.)
set(cross_debian_packages clang-16 libstdc++-12-dev-arm64-cross libc6-dev-arm64-cross binutils-aarch64-linux-gnu qemu-user)
set(cross_c_compiler clang-16 --target=aarch64-linux-gnu)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER clang++-16)
set(CMAKE_CXX_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)
include("${CMAKE_CURRENT_LIST_DIR}/find/prefix.cmake")
