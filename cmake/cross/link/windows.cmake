# SPDX-License-Identifier: MIT
# GNU's linker takes minutes for a program of tests, since it looks at all symbols of a file for each of its functions.
# LLVM's takes a second; GCC would not call it, so Clang does. The program has all that it needs in it.
execute_process(COMMAND "${CMAKE_CXX_COMPILER}" -print-libgcc-file-name OUTPUT_VARIABLE libgcc
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
cmake_path(GET libgcc PARENT_PATH libgcc)
set(CMAKE_CXX_LINK_EXECUTABLE
    "clang++-16 --target=x86_64-w64-mingw32 -fuse-ld=lld -static -L${libgcc} <OBJECTS> -o <TARGET> <LINK_LIBRARIES> -lpthread")
