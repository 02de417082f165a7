// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_EVENT_LINE_HPP
#define CASTORE_MAINTENANCE_EVENT_LINE_HPP

/// @file
/// An event as one line of JSON, both ways, without changing the text of its payload.

#include <castore/config.hpp>
#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/json_text.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief An event of a line, and its event store.
struct EventLine {
  std::string event_store_id{};  ///< The store it belongs to.
  EventRecord event{};           ///< The event.

  friend bool operator==(const EventLine&, const EventLine&) = default;
};

/// @brief The longest line that is read, in bytes.
inline constexpr std::size_t max_event_line_size = std::size_t{64} * 1024 * 1024;

namespace detail {

inline void append_quoted_json(std::string& json, std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  json += '"';
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      json.append(1, '\\').append(1, letter);
    } else if (static_cast<unsigned char>(letter) < 0x20) {
      json += {'\\', 'u', '0', '0', digits[static_cast<unsigned char>(letter) >> 4U], digits[letter & 0xF]};
    } else {
      json += letter;
    }
  }
  json += '"';
}

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

/// The members of an object that `JsonTextCheck` has found right.
class JsonMembers {
 public:
  /// @return Nothing when the text is not an object.
  static std::optional<std::vector<JsonMember>> of(std::string_view text) {
    JsonMembers reader{text};
    reader.skip_spaces();
    if (!reader.take('{')) return std::nullopt;
    std::vector<JsonMember> members;
    for (reader.skip_spaces(); !reader.take('}'); reader.skip_spaces()) {
      reader.take(',');
      reader.skip_spaces();
      std::string name = nlohmann::json::parse(reader.value()).get<std::string>();
      reader.skip_spaces();
      reader.take(':');
      reader.skip_spaces();
      members.push_back({std::move(name), reader.value()});
    }
    return members;
  }

 private:
  explicit JsonMembers(std::string_view text) noexcept : text_{text} {}

  bool take(char letter) noexcept {
    if (next_ >= text_.size() || text_[next_] != letter) return false;
    ++next_;
    return true;
  }
  void skip_spaces() noexcept { next_ = (std::min)(text_.find_first_not_of(" \t\r\n", next_), text_.size()); }
  std::string_view value() noexcept {
    const std::size_t begin = next_;
    std::size_t depth = 0;
    do {
      const char letter = text_[next_];
      if (letter == '"') {
        skip_string();
      } else if (letter == '{' || letter == '[') {
        ++depth;
        ++next_;
      } else if (letter == '}' || letter == ']') {
        --depth;
        ++next_;
      } else if (depth > 0) {
        ++next_;
      } else {
        next_ = (std::min)(text_.find_first_of(" \t\r\n,}]", next_), text_.size());
      }
    } while (depth > 0);
    return text_.substr(begin, next_ - begin);
  }
  void skip_string() noexcept {
    for (++next_; text_[next_] != '"'; ++next_) {
      if (text_[next_] == '\\') ++next_;
    }
    ++next_;
  }

  std::string_view text_;
  std::size_t next_ = 0;
};

/// Reads the members of one object of a line.
class LineObject {
 public:
  /// @param name What the object is, for errors. @param known The members that it may have.
  LineObject(std::string_view name, std::string_view text, std::initializer_list<std::string_view> known)
      : name_{name} {
    auto members = JsonMembers::of(text);
    if (!members) refuse(name_, "it must be an object");
    members_ = std::move(*members);
    std::ranges::stable_sort(members_, {}, &JsonMember::name);
    for (std::size_t index = 0; index < members_.size(); ++index) {
      const std::string& member = members_[index].name;
      if (std::ranges::find(known, member) == known.end()) {
        refuse(name_, "the member " + in_quotes(member) + " is none of an event's, and would be lost");
      }
      if (index > 0 && members_[index - 1].name == member) refuse(member, "it is there twice");
    }
  }

  std::string_view text_of(std::string_view member) const {
    const auto found = std::ranges::find(members_, member, &JsonMember::name);
    return found == members_.end() ? std::string_view{} : found->value;
  }
  std::string_view needed(std::string_view member) const {
    const std::string_view text = text_of(member);
    if (text.empty()) refuse(member, "it is missing");
    return text;
  }
  std::string string(std::string_view member) const {
    const std::string_view text = needed(member);
    if (text.front() != '"') refuse(member, "it must be a string");
    return nlohmann::json::parse(text).get<std::string>();
  }

  [[noreturn]] static void refuse(std::string_view field, const std::string& what) {
    throw InvalidEventError{field, what};
  }

 private:
  std::string_view name_;
  std::vector<JsonMember> members_;
};

}  // namespace detail

/// @brief An event in Castore's shape, as one line of JSON without its end. Its payload and metadata are the text that
/// is stored, but for line breaks between values. @pre They are JSON, and its timestamp is in the years 0000 to 9999.
inline std::string to_event_json(const EventRecordView& event) {
  std::string json{R"({"aggregateId":)"};
  json.reserve(event.payload.size() + event.metadata.size() + event.aggregate_id.size() + 160);
  detail::append_quoted_json(json, event.aggregate_id);
  json.append(R"(,"version":)").append(std::to_string(event.version)).append(R"(,"type":)");
  detail::append_quoted_json(json, event.type);
  json.append(R"(,"timestamp":")").append(format_timestamp(event.timestamp)).append(1, '"');
  detail::append_json_member(json, "payload", event.payload);
  detail::append_json_member(json, "metadata", event.metadata);
  return json += '}';
}
/// @brief The same with its event store, in the shape of Castore's messages: `{"eventStoreId":"...","event":{...}}`.
inline std::string to_event_line(std::string_view event_store_id, const EventRecordView& event) {
  std::string line{R"({"eventStoreId":)"};
  detail::append_quoted_json(line, event_store_id);
  return line.append(R"(,"event":)").append(to_event_json(event)).append(1, '}');
}

/// @brief Reads what `to_event_line` wrote, or a message of Castore's; its members `aggregate`, which is made of
/// events, and `position`, which another storage chooses, are left out. Nothing else is: a member that is not known is
/// refused, and so is one that is there twice.
/// @throws InvalidEventError with the field that is wrong
inline EventLine parse_event_line(std::string_view line) {
  if (line.size() > max_event_line_size) detail::LineObject::refuse("line", "it is too long");
  const std::string text{line};
  constexpr std::size_t levels_of_line = 2;
  detail::JsonTextCheck<max_json_depth + levels_of_line> json{text};
  if (!json.is_value()) detail::LineObject::refuse("line", "it is not JSON: " + json.fault());
  const detail::LineObject message{"line", text, {"eventStoreId", "event", "position", "aggregate"}};
  const detail::LineObject event{
      "event", message.needed("event"), {"aggregateId", "version", "type", "timestamp", "payload", "metadata"}};
  const auto version = detail::parse_integer<Version>(event.needed("version"));
  if (!version || *version < 1) detail::LineObject::refuse("version", "it must be an integer from 1");
  const auto timestamp = parse_timestamp(event.string("timestamp"));
  if (!timestamp) detail::LineObject::refuse("timestamp", "it must be a date and time of ISO 8601");
  return {message.string("eventStoreId"),
          {event.string("aggregateId"), *version, event.string("type"), *timestamp,
           std::string{event.text_of("payload")}, std::string{event.text_of("metadata")}}};
}

}  // namespace castore

#endif
