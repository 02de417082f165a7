// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SUPPORT_PLACE_HPP
#define CASTORE_TESTS_SUPPORT_PLACE_HPP

/// @file
/// Where things are on this machine. Each test program learns it from one small file of its own (place.cpp.in): its tests
/// compile to the same code in every folder, as caches of compilers need it.

namespace castore_tests::place {

extern const char* const sources;  ///< The folder of the program's tests.
extern const char* const server;   ///< The directory of the folder's server.sh; empty if there is none.
extern const char* const program;  ///< The example of the folder's name; empty if there is none.

}  // namespace castore_tests::place

#endif
