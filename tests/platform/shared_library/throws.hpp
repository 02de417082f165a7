// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_PLATFORM_SHARED_LIBRARY_THROWS_HPP
#define CASTORE_TESTS_PLATFORM_SHARED_LIBRARY_THROWS_HPP

// The only thing that the library shows.
__attribute__((visibility("default"))) void throw_error(int number);

#endif
