// SPDX-License-Identifier: MIT
// The main function of Catch2 2, compiled once. Catch2 3 has it in its library Catch2::Catch2WithMain.
#if !__has_include(<catch2/catch_test_macros.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
