// SPDX-License-Identifier: MIT
// What is sent to JSONB in place of a JSON text has the same values, also negative zeros; and what is not JSON stays
// so.

#include <castore/adapters/postgres/jsonb.hpp>
#include <castore/core/errors.hpp>

#include "fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

using namespace castore_fuzz;

namespace {

using Json = nlohmann::json;

bool is_same(const Json& sent, const Json& given) {
  if (given.is_number_float()) {
    return sent.is_number_float() && sent == given &&
           std::signbit(sent.get<double>()) == std::signbit(given.get<double>());
  }
  if (!given.is_structured()) return sent == given;  // -0 is the integer 0 to nlohmann
  if (sent.type() != given.type() || sent.size() != given.size()) return false;
  for (auto one = sent.begin(), other = given.begin(); one != sent.end(); ++one, ++other) {
    if ((given.is_object() && one.key() != other.key()) || !is_same(*one, *other)) return false;
  }
  return true;
}

}  // namespace

void try_input(std::string_view input) {
  std::optional<std::string> sent;
  if (!is_taken<castore::InvalidEventError>([&] { sent = castore::detail::to_jsonb("payload", input); })) return;
  const Json given = Json::parse(input, nullptr, false);
  if (!sent) return;
  const Json read = Json::parse(*sent, nullptr, false);
  require(read.is_discarded() == given.is_discarded(), "JSON stays JSON, and all else stays something else");
  if (!given.is_discarded()) require(is_same(read, given), "the values are the same");
}
