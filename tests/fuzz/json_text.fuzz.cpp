// SPDX-License-Identifier: MIT
// The check of payload text agrees with nlohmann_json, but for what only one of them refuses: text behind a NUL and a
// byte order mark (this one), numbers that no double holds (nlohmann_json), more levels than the limit (this one).
#include "fuzz/fuzz.hpp"

#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/json/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace castore_fuzz;

namespace {

std::size_t depth_of(const nlohmann::json& json) {
  std::size_t deepest = 0;
  for (const nlohmann::json& element : json) {
    if (element.is_structured()) deepest = std::max(deepest, depth_of(element));
  }
  return json.is_structured() ? deepest + 1 : 0;
}

bool is_storable(const std::string& text) {
  const castore::PushRecord record{"S", {"a", 1, "A", castore::earliest_timestamp, text, {}}};
  return is_taken<castore::InvalidEventError>([&record] { castore::check_records({&record, 1}); });
}

}  // namespace

void try_input(std::string_view input) {
  const std::string text{input};
  if (text.empty()) return;  // absent
  const bool is_value = is_storable(text);
  const bool has_nul = text.find('\0') != std::string::npos;
  const bool has_mark = text.starts_with("\xEF\xBB\xBF");
  if (is_value) require(!has_nul && !has_mark, "a value has neither NUL nor byte order mark");
  bool is_taken_by_nlohmann = false;
  bool is_too_large = false;
  nlohmann::json json;
  try {
    json = castore::detail::text_to_json(text);
    is_taken_by_nlohmann = true;
  } catch (const nlohmann::json::out_of_range&) {
    is_too_large = true;
  } catch (const nlohmann::json::parse_error&) {
  } catch (const std::invalid_argument&) {  // a NUL, or too deep
  }
  if (is_taken_by_nlohmann) {
    require(depth_of(json) <= castore::max_json_depth, "what is read is not too deep");
    require(is_value || has_mark, "what nlohmann_json reads is a value");
    const std::string written = castore::detail::json_to_text(json);
    require(is_storable(written), "what is written is a value");
    require(castore::detail::text_to_json(written) == json, "what is written is read");
  }
  require(!is_value || is_taken_by_nlohmann || is_too_large, "nlohmann_json reads every value, but for large numbers");
}
