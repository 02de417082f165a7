// SPDX-License-Identifier: MIT
// A context is taken out of stored metadata as nlohmann_json would do it, and what is put in comes back.
#include "fuzz/fuzz.hpp"

#include <castore/core/codec.hpp>
#include <castore/core/context.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_codec.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

using namespace castore_fuzz;

void try_input(std::string_view input) {
  const auto taken = castore::detail::take_context(input);
  const std::string stored{input};
  const auto first = stored.find("$context");
  const bool is_once = first == std::string::npos || stored.find("$context", first + 1) == std::string::npos;
  const auto json = nlohmann::json::parse(stored, nullptr, false);
  if (is_once && json.is_object() && json.contains("$context") && json["$context"].is_object() &&
      taken.metadata != stored) {
    auto left = json;
    left.erase("$context");
    const auto metadata = nlohmann::json::parse(taken.metadata.empty() ? "{}" : taken.metadata, nullptr, false);
    require(metadata == left, "only the context is gone");
  }

  const auto is_value = [](const std::string& text) {
    return castore::detail::JsonTextCheck<castore::max_json_depth>{text}.is_value();
  };
  if (!taken.metadata.empty() && !is_value(taken.metadata)) return;
  const castore::EventContext context{
      castore::Context{"\"\\\n\xc3\xa9", "}", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
  std::string with;
  if (!is_taken<castore::InvalidEventError>([&] { with = castore::detail::with_context(taken.metadata, context); }))
    return;
  const auto again = castore::detail::take_context(with);
  require(*again.context == *context, "the context comes back");
  const auto parsed = [](const std::string& text) {
    return nlohmann::json::parse(text.empty() ? "null" : text, nullptr, false);  // perhaps a number that is too large
  };
  const auto before = parsed(taken.metadata);
  require(before.is_discarded() || parsed(again.metadata) == before, "so do the metadata");
}
