// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_OBJECT_TEXT_HPP
#define CASTORE_JSON_OBJECT_TEXT_HPP

/// @file
/// JSON objects as text, read and written without changing the text of their members.

#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/json_reader.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// A member that is JSON already, when there is one. Line breaks in it stand between values, where a space means the
/// same.
inline void append_json_member(std::string& json, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  json.append(",\"").append(name).append("\":");
  for (const char letter : value) json += letter == '\n' || letter == '\r' ? ' ' : letter;
}

/// A member of an object: its name and the text of its value.
struct JsonMember {
  std::string name{};
  std::string_view value{};
};

/// The string that the text of one is. @pre `JsonTextCheck` has found the text right.
inline std::string json_string(std::string_view text) {
  if (text.find('\\') != std::string_view::npos) return nlohmann::json::parse(text).get<std::string>();
  return std::string{text.substr(1, text.size() - 2)};
}

/// Gives `use` that string, which is copied only when it has escapes.
template <class Use>
decltype(auto) with_json_string(std::string_view text, const Use& use) {
  if (text.find('\\') != std::string_view::npos) return use(std::string_view{json_string(text)});
  return use(text.substr(1, text.size() - 2));
}

/// The members of an object, or the elements of an array, that `JsonTextCheck` has found right.
class JsonMembers {
 public:
  /// @return Nothing when the text is not an array.
  static std::optional<std::vector<std::string_view>> elements_of(std::string_view text) {
    if (first_of_json(text) != '[') return std::nullopt;
    std::vector<std::string_view> elements;
    JsonReader{text}.for_each_element([&](std::string_view element) { elements.push_back(element); });
    return elements;
  }

  /// @return Nothing when the text is not an object.
  static std::optional<std::vector<JsonMember>> of(std::string_view text) {
    if (first_of_json(text) != '{') return std::nullopt;
    std::vector<JsonMember> members;
    JsonReader{text}.for_each_member([&](std::string_view name, std::string_view value, std::size_t) {
      members.push_back({json_string(name), value});
      return true;
    });
    return members;
  }
};

/// What becomes of members of an object that are not read.
enum class OtherMembers {
  refused,  ///< They would be lost.
  ignored   ///< Their writer may know more than we do.
};

/// Reads the members of one object. A member that is there twice is refused.
/// @tparam Error Is thrown with the member and what is wrong with it.
template <class Error>
class ObjectText {
 public:
  /// @param name What the object is, for errors. @param text Which `JsonTextCheck` has found right, and which the views
  /// of this class are of. @param known The members that are read, as literals.
  ObjectText(std::string_view name, std::string_view text, std::initializer_list<std::string_view> known,
             OtherMembers others = OtherMembers::refused) {
    if (first_of_json(text) != '{') refuse(name, "it must be an object");
    members_.reserve(known.size());
    JsonReader{text}.for_each_member([&](std::string_view quoted, std::string_view value, std::size_t) {
      with_json_string(quoted, [&](std::string_view member) {
        const auto found = std::ranges::find(known, member);
        if (found != known.end()) {
          if (!text_of(*found).empty()) refuse(*found, "it is there twice");
          members_.emplace_back(*found, value);
        } else if (others == OtherMembers::refused) {
          refuse(name, "the member " + in_quotes(member) + " is none of an event's, and would be lost");
        }
      });
      return true;
    });
  }

  /// Empty when there is no such member.
  std::string_view text_of(std::string_view member) const {
    const auto found = std::ranges::find(members_, member, [](const auto& one) { return one.first; });
    return found == members_.end() ? std::string_view{} : found->second;
  }
  std::string_view needed(std::string_view member) const {
    const std::string_view text = text_of(member);
    if (text.empty()) refuse(member, "it is missing");
    return text;
  }
  std::string string(std::string_view member) const { return json_string(quoted(member)); }
  std::string_view object(std::string_view member) const {
    const std::string_view text = needed(member);
    if (text.front() != '{') refuse(member, "it must be an object");
    return text;
  }
  template <class Integer>
  Integer integer(std::string_view member, Integer first = (std::numeric_limits<Integer>::min)()) const {
    const std::optional<Integer> value = parse_integer<Integer>(needed(member));
    if (value && *value >= first) return *value;
    const bool is_any = first == (std::numeric_limits<Integer>::min)();
    refuse(member, "it must be an integer" + (is_any ? std::string{} : " from " + std::to_string(first)));
  }
  Timestamp timestamp(std::string_view member) const {
    const std::optional<Timestamp> value = with_json_string(quoted(member), parse_timestamp);
    if (!value) refuse(member, "it must be a date and time of ISO 8601");
    return *value;
  }

  [[noreturn]] static void refuse(std::string_view member, const std::string& what) { throw Error{member, what}; }

 private:
  std::string_view quoted(std::string_view member) const {
    const std::string_view text = needed(member);
    if (text.front() != '"') refuse(member, "it must be a string");
    return text;
  }

  std::vector<std::pair<std::string_view, std::string_view>> members_;
};

/// An event in Castore's shape. Payload and metadata stay the text that they are, but for line breaks between values.
/// @pre They are JSON, and the timestamp is in the years 0000 to 9999.
inline void append_event_json(std::string& json, const EventRecordView& event) {
  json.append(R"({"aggregateId":)");
  append_quoted_json(json, event.aggregate_id);
  json.append(R"(,"version":)").append(std::to_string(event.version)).append(R"(,"type":)");
  append_quoted_json(json, event.type);
  json.append(R"(,"timestamp":")").append(format_timestamp(event.timestamp)).append(1, '"');
  append_json_member(json, "payload", event.payload);
  append_json_member(json, "metadata", event.metadata);
  json += '}';
}

/// The way back. @param has_timestamp Without it the event's is the default. @throws InvalidEventError
inline EventRecord event_record_of(const ObjectText<InvalidEventError>& event, Version first_version = 1,
                                   bool has_timestamp = true) {
  const auto version = event.integer<Version>("version", first_version);
  const Timestamp timestamp = has_timestamp ? event.timestamp("timestamp") : Timestamp{};
  return {.aggregate_id = event.string("aggregateId"),
          .version = version,
          .type = event.string("type"),
          .timestamp = timestamp,
          .payload = std::string{event.text_of("payload")},
          .metadata = std::string{event.text_of("metadata")}};
}

}  // namespace castore::detail

#endif
