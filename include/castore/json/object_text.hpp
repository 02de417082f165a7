// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_OBJECT_TEXT_HPP
#define CASTORE_JSON_OBJECT_TEXT_HPP

/// @file
/// JSON objects as text, read and written without changing the text of their members.

#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

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

/// The members of an object, or the elements of an array, that `JsonTextCheck` has found right.
class JsonMembers {
 public:
  /// @return Nothing when the text is not an array.
  static std::optional<std::vector<std::string_view>> elements_of(std::string_view text) {
    JsonMembers reader{text};
    reader.skip_spaces();
    if (!reader.take('[')) return std::nullopt;
    std::vector<std::string_view> elements;
    for (reader.skip_spaces(); !reader.take(']'); reader.skip_spaces()) {
      if (reader.take(',')) reader.skip_spaces();
      elements.push_back(reader.value());
    }
    return elements;
  }

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

/// Reads the members of one object.
class ObjectText {
 public:
  /// @param name What the object is, for errors. @param known The members that it may have.
  ObjectText(std::string_view name, std::string_view text, std::initializer_list<std::string_view> known)
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

}  // namespace castore::detail

#endif
