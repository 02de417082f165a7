# SPDX-License-Identifier: MIT
# What only Castore's own developers build: tests, examples, benchmarks.

set(CASTORE_SANITIZE "" CACHE STRING "Sanitizers of Castore's own programs, as for -fsanitize=")

# Linked by our own programs, never exported: a library does not choose its users' flags.
add_library(castore_dev INTERFACE)
target_compile_options(castore_dev INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror)
# Tests declare payloads that only the compiler looks at.
target_compile_options(castore_dev INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-unused-const-variable
  -Wno-unused-member-function -Wno-unneeded-member-function -Wno-unneeded-internal-declaration
  -Wno-unused-but-set-variable -Wno-unused-function>)
if(CASTORE_SANITIZE)
  set(sanitize -fsanitize=${CASTORE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(castore_dev INTERFACE ${sanitize})
  target_link_options(castore_dev INTERFACE ${sanitize})
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND NOT CMAKE_CROSSCOMPILING)  # links a program with sanitizers in a fifth of the time
  include(CheckLinkerFlag)
  check_linker_flag(CXX -fuse-ld=lld CASTORE_HAS_LLD)
  if(CASTORE_HAS_LLD)
    target_link_options(castore_dev INTERFACE -fuse-ld=lld)
  endif()
endif()

if(CASTORE_BUILD_TESTS)
  find_package(Catch2 QUIET)
  if(NOT Catch2_FOUND)
    message(FATAL_ERROR "castore: the tests need Catch2, version 2 or 3, which was not found "
                        "(on Debian: apt install catch2)")
  endif()
  enable_testing()
endif()
include(cmake/batches.cmake)
if(CASTORE_BUILD_PROGRAM)
  add_subdirectory(tools/castore)
endif()
if(CASTORE_BUILD_EXAMPLES)
  add_subdirectory(examples)
endif()
if(CASTORE_BUILD_BENCHMARKS)
  add_subdirectory(benchmarks)
endif()
if(CASTORE_BUILD_TESTS)
  add_subdirectory(tests)
endif()
