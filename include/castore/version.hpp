// SPDX-License-Identifier: MIT
#ifndef CASTORE_VERSION_HPP
#define CASTORE_VERSION_HPP

/// The library's version, `MAJOR.MINOR.PATCH` (https://semver.org). CMake reads it from here.
#define CASTORE_VERSION_MAJOR 0
#define CASTORE_VERSION_MINOR 2
#define CASTORE_VERSION_PATCH 0

#endif
