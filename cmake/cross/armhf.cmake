# SPDX-License-Identifier: MIT
# 32-bit Arm, where pointers and std::size_t have 32 bits; compiled by Clang with Debian's libraries of that system, run
# by QEMU. (Debian's GCC for it cannot be installed next to g++-multilib, which other tests need.)
set(cross_debian_packages clang-16 libstdc++-12-dev-armhf-cross libc6-dev-armhf-cross binutils-arm-linux-gnueabihf qemu-user)
set(cross_c_compiler clang-16 --target=arm-linux-gnueabihf)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(CMAKE_CXX_COMPILER clang++-16)
set(CMAKE_CXX_COMPILER_TARGET arm-linux-gnueabihf)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm -L /usr/arm-linux-gnueabihf)
include("${CMAKE_CURRENT_LIST_DIR}/find/prefix.cmake")
