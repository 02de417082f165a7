// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_VALUES_HPP
#define CASTORE_JSON_VALUES_HPP

/// @file
/// Values to nlohmann_json's, and back.

#include <castore/json/from_json.hpp>
#include <castore/json/to_json.hpp>

#endif
