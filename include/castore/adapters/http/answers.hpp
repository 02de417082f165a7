// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_HTTP_ANSWERS_HPP
#define CASTORE_ADAPTERS_HTTP_ANSWERS_HPP

/// @file
/// What a server's good answers say.

#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/json_text.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/json/flat_event.hpp>
#include <castore/json/object_text.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

inline StorageError damaged_http_answer(const std::string& peer) {
  return StorageError{"the answer of " + peer + " is not that of an event storage; is the URL right?"};
}

/// The members of an answer that is an object. The views point into the text.
class HttpAnswerReader {
 public:
  /// @param peer For errors. @throws StorageError
  HttpAnswerReader(std::string peer, const std::string& text) : peer_{std::move(peer)} {
    JsonTextCheck<max_json_depth + levels_around_payload> json{text};
    auto members = json.is_value() ? JsonMembers::of(text) : std::nullopt;
    if (!members) throw damaged_http_answer(peer_);
    members_ = std::move(*members);
  }

  std::string_view text_of(std::string_view name) const {
    const auto found = std::ranges::find(members_, name, &JsonMember::name);
    return found == members_.end() ? std::string_view{} : found->value;
  }
  template <class Integer>
  std::optional<Integer> integer(std::string_view name) const {
    const std::string_view text = text_of(name);
    const auto value = parse_integer<Integer>(text);
    if (!text.empty() && !value) throw damaged_http_answer(peer_);
    return value;
  }
  std::vector<std::string_view> elements(std::string_view name) const {
    auto elements = JsonMembers::elements_of(text_of(name));
    if (!elements) throw damaged_http_answer(peer_);
    return std::move(*elements);
  }
  std::vector<FlatEvent> events() const {
    std::vector<FlatEvent> events;
    for (const std::string_view text : elements("events")) {
      try {
        events.push_back(parse_flat_event(text));
      } catch (const InvalidEventError&) {
        std::throw_with_nested(damaged_http_answer(peer_));
      }
    }
    return events;
  }

 private:
  std::string peer_;
  std::vector<JsonMember> members_;
};

}  // namespace castore::detail

#endif
