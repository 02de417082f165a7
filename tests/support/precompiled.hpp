// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SUPPORT_PRECOMPILED_HPP
#define CASTORE_TESTS_SUPPORT_PRECOMPILED_HPP

/// @file
/// What Clang compiles once for all tests.

#pragma clang attribute push(__attribute__((no_sanitize("float-cast-overflow"))), apply_to = function)
#include <nlohmann/json.hpp>  // casts numbers that an integer cannot hold
#pragma clang attribute pop

#include <castore/castore.hpp>
#include <castore/adapters/sqlite.hpp>
#include <castore/testing/adapter_conformance.hpp>
#include "support/catch.hpp"

#endif
