// SPDX-License-Identifier: MIT
// A timestamp that is read is within its bounds and has one text, which is read as the same.

#include <castore/core/timestamp.hpp>

#include "fuzz/fuzz.hpp"

#include <string_view>

using namespace castore_fuzz;

void try_input(std::string_view input) {
  const auto time = castore::parse_timestamp(input);
  if (!time) return;
  require(*time >= castore::earliest_timestamp && *time <= castore::latest_timestamp, "the time is within its bounds");
  require(castore::parse_timestamp(castore::format_timestamp(*time)) == time, "its text is read as the same time");
}
