// SPDX-License-Identifier: MIT
#ifndef CASTORE_CONFIG_HPP
#define CASTORE_CONFIG_HPP

/// @file
/// What the library needs of a compiler, one error for each; docs/guides/platforms.md says more. Every header includes
/// this before anything else.

#if defined(_MSVC_LANG) ? _MSVC_LANG < 202002L : __cplusplus < 202002L
#error "castore needs C++20: compile with -std=c++20 or a later standard (CMake does when you link castore::castore)"
#define CASTORE_DETAIL_IS_REFUSED
#elif defined(__apple_build_version__) ? __clang_major__ < 15 : defined(__clang__) && __clang_major__ < 16
#error "castore needs Clang 16 (Apple's: 15) or newer"
#define CASTORE_DETAIL_IS_REFUSED
#elif defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 12
#error "castore needs GCC 12 or newer"
#define CASTORE_DETAIL_IS_REFUSED
#elif !defined(__cpp_exceptions)
#error "castore needs exceptions: compile without -fno-exceptions, as its errors are exceptions"
#define CASTORE_DETAIL_IS_REFUSED
#elif !defined(__cpp_rtti)
#error "castore needs run-time type information: compile without -fno-rtti, as std::rethrow_if_nested needs it for the cause of an error"
#define CASTORE_DETAIL_IS_REFUSED
#endif

#ifdef CASTORE_DETAIL_IS_REFUSED
#include <see the error above>  // ends the compilation: what follows would be hundreds of errors
#endif

/// Stands before the name of every error: what a shared library throws can be caught outside of it by its type, also
/// where the library is compiled with -fvisibility=hidden.
#if defined(__GNUC__) && !defined(_WIN32)
#define CASTORE_DETAIL_THROWN __attribute__((visibility("default")))
#else
#define CASTORE_DETAIL_THROWN
#endif

#endif
