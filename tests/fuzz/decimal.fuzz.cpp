// SPDX-License-Identifier: MIT
// A decimal number that is read has one text, which is read as the same.

#include <castore/adapters/dynamodb/attribute_values.hpp>

#include "fuzz/fuzz.hpp"

#include <string_view>

using namespace castore_fuzz;

void try_input(std::string_view input) {
  const auto number = castore::detail::parse_decimal(input);
  require(number.has_value() || !castore::detail::is_plain_integer(input), "a plain integer is a number");
  if (!number) return;
  require(castore::detail::parse_decimal(castore::detail::to_text(*number)) == number,
          "its text is read as the same number");
}
