// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_TEXT_HPP
#define CASTORE_JSON_TEXT_HPP

/// @file
/// From nlohmann_json's values to text and back, without what it would replace or leave out silently.

#include <castore/core/codec.hpp>
#include <castore/detail/text.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstddef>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

namespace castore::detail {

/// The way from the root of a value to a part of it, for errors. It is a list on the stack, so that it costs nothing
/// where nothing is wrong.
struct ValuePath {
  const ValuePath* parent = nullptr;
  std::string_view name{};  ///< Of a member or field; else the part has a place in an array.
  std::size_t index = 0;

  /// `parts[2].name`; empty for the root.
  std::string text() const {
    if (!parent) return {};
    const std::string before = parent->text();
    if (name.data() == nullptr) return before + "[" + std::to_string(index) + "]";
    return before + (before.empty() ? "" : ".") + std::string{name};
  }
};

/// @throws FieldError, std::invalid_argument where there is no field to name
[[noreturn]] inline void throw_at(const std::string& place, const std::string& what) {
  if (place.empty()) throw std::invalid_argument{what};
  throw FieldError{place, what};
}
[[noreturn]] inline void throw_at(const ValuePath& path, const std::string& what) { throw_at(path.text(), what); }

/// Gives an exception of a type's functions the way to the value. @throws std::invalid_argument, std::bad_alloc
template <class Function>
decltype(auto) with_path_in_error(const ValuePath& path, const Function& function) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw_at(path, error.what());
  }
}

inline void must_be(bool is_right, const nlohmann::json& json, std::string_view wanted, const ValuePath& path) {
  if (!is_right) throw_at(path, "it must be " + std::string{wanted} + ", but is of type " + json.type_name());
}

/// False for what JSON text cannot hold and nlohmann would replace silently. Invalid UTF-8 is left to `dump`.
inline bool is_writable(const nlohmann::json& json, std::size_t depth = 0) {
  switch (json.type()) {
    case nlohmann::json::value_t::number_float:
      return std::isfinite(*json.get_ptr<const nlohmann::json::number_float_t*>());
    case nlohmann::json::value_t::binary:
    case nlohmann::json::value_t::discarded:
      return false;
    case nlohmann::json::value_t::array:
      if (depth == max_json_depth) return false;
      for (const nlohmann::json& element : *json.get_ptr<const nlohmann::json::array_t*>()) {
        if (!is_writable(element, depth + 1)) return false;
      }
      return true;
    case nlohmann::json::value_t::object:
      if (depth == max_json_depth) return false;
      for (const auto& [name, value] : *json.get_ptr<const nlohmann::json::object_t*>()) {
        if (!is_writable(value, depth + 1)) return false;
      }
      return true;
    default:
      return true;
  }
}

inline void check_utf8(const std::string& text, const ValuePath& path) {
  for (std::size_t place = 0; place < text.size();) {
    const std::size_t length = utf8_sequence_length(std::string_view{text}.substr(place));
    if (length == 0) throw_at(path, "its text is not UTF-8 (byte " + std::to_string(place) + ")");
    place += length;
  }
}

/// Says which part of a value text cannot hold, and why; returns where there is none.
/// @throws std::invalid_argument
inline void throw_unwritable(const nlohmann::json& json, const ValuePath& path = {}, std::size_t depth = 0) {
  if (json.is_structured() && depth == max_json_depth) {
    throw std::invalid_argument{"it is nested deeper than " + std::to_string(max_json_depth) + " levels"};
  }
  if (const auto* number = json.get_ptr<const nlohmann::json::number_float_t*>()) {
    if (!std::isfinite(*number)) throw_at(path, "JSON has neither NaN nor infinity");
  } else if (const auto* text = json.get_ptr<const nlohmann::json::string_t*>()) {
    check_utf8(*text, path);
  } else if (const auto* array = json.get_ptr<const nlohmann::json::array_t*>()) {
    for (std::size_t index = 0; index < array->size(); ++index) {
      throw_unwritable((*array)[index], {&path, {}, index}, depth + 1);
    }
  } else if (const auto* object = json.get_ptr<const nlohmann::json::object_t*>()) {
    for (const auto& [name, value] : *object) {
      check_utf8(name, {&path, name});
      throw_unwritable(value, {&path, name}, depth + 1);
    }
  } else if (json.is_binary() || json.is_discarded()) {
    throw_at(path, "JSON has no binary values; encode them as text");
  }
}

/// Text deeper than what is ever written could exhaust the stack of code that walks its values.
/// @throws std::invalid_argument
inline void check_json_depth(std::string_view text, std::size_t limit = max_json_depth) {
  if (text.size() <= limit) return;
  std::size_t depth = 0;
  bool is_in_string = false;
  for (std::size_t index = 0; index < text.size(); ++index) {
    const char character = text[index];
    if (is_in_string) {
      if (character == '\\') ++index;
      if (character == '"') is_in_string = false;
    } else if (character == '"') {
      is_in_string = true;
    } else if (character == '[' || character == '{') {
      if (++depth > limit) {
        throw std::invalid_argument{"it is nested deeper than " + std::to_string(max_json_depth) + " levels"};
      }
    } else if ((character == ']' || character == '}') && depth > 0) {
      --depth;
    }
  }
}

/// @throws std::invalid_argument naming the field that text cannot hold.
inline std::string json_to_text(const nlohmann::json& json) {
  if (!is_writable(json)) throw_unwritable(json);
  try {
    return json.dump();
  } catch (const nlohmann::json::type_error&) {
    throw_unwritable(json);
    throw;
  }
}

/// @throws nlohmann::json::exception, std::invalid_argument
inline nlohmann::json text_to_json(std::string_view text) {
  // nlohmann_json takes NUL for the end of the text, and would not look at what is behind it.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    throw std::invalid_argument{"it has a NUL at byte " + std::to_string(nul)};
  }
  check_json_depth(text);
  return nlohmann::json::parse(text);
}

}  // namespace castore::detail

#endif
