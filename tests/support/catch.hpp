// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SUPPORT_CATCH_HPP
#define CASTORE_TESTS_SUPPORT_CATCH_HPP

/// @file
/// Catch2, whose headers have other names in its versions 2 (Debian 12) and 3.

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#endif
