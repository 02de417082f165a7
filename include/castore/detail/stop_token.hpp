// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_STOP_TOKEN_HPP
#define CASTORE_DETAIL_STOP_TOKEN_HPP

/// @file
/// `<stop_token>`, or one error where the standard library has none.

#include <castore/config.hpp>

#include <version>

#ifndef __cpp_lib_jthread
#error "castore needs std::stop_token for what is included here: take libstdc++, libc++ 20, or libc++ 18 with -fexperimental-library"
#include <see the error above>  // ends the compilation: what follows would be more errors
#endif

#include <stop_token>

#endif
