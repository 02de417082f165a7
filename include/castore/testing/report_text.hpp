// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_REPORT_TEXT_HPP
#define CASTORE_TESTING_REPORT_TEXT_HPP

/// @file
/// How the kit prints values, events and exceptions, and two of them side by side.

#include <castore/core/codec.hpp>
#include <castore/core/event.hpp>
#include <castore/detail/fields.hpp>
#include <castore/json.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#if __has_include(<cxxabi.h>)
#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#endif

namespace castore::testing::detail {

/// Lines of text.
using Lines = std::vector<std::string>;

inline std::string type_name(const std::type_info& type) {
#if __has_include(<cxxabi.h>)
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name{abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                         &std::free};
  if (name) return name.get();
#endif
  return type.name();
}

/// The value's JSON text; empty when it has no fields, "(no JSON form...)" when it has none.
template <class Value>
std::string json_text(const Value& value) {
  if constexpr (HasCodec<Value>) {
    try {
      return codec<Value>::encode(value);
    } catch (const std::exception& error) {
      return std::string{"(no JSON form: "} + error.what() + ")";
    }
  } else {
    return "(no JSON form)";
  }
}

/// An argument of a decide function on one line.
template <class Value>
std::string argument_text(const Value& value) {
  if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
    return '"' + std::string{std::string_view{value}} + '"';
  } else if constexpr (HasCodec<Value> && !std::is_empty_v<Value>) {
    return json_text(value);
  } else {
    return type_name(typeid(Value));
  }
}

/// A payload on one line.
template <class Payload>
std::string payload_text(const Payload& payload) {
  const std::string json = json_text(payload);
  return std::string{Payload::type} + (json.empty() ? "" : " " + json);
}

/// JSON text with one line per member of an object, as lines of a column are compared one by one.
inline Lines json_lines(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return {"  " + text};
  Lines lines;
  for (const auto& [name, value] : json.items()) {
    lines.push_back("  " + name + ": " + value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return lines;
}

/// A value with one line per field, where the compiler finds them, also those that its JSON leaves out.
template <class Value>
Lines value_lines(const Value& value) {
  if constexpr (castore::detail::HasKnownFields<Value>) {
    Lines lines;
    castore::detail::use_fields(value, [&lines](const auto&... fields) {
      castore::detail::use_field_types<Value>([&](auto... field_types) {
        (lines.push_back("  " + std::string{decltype(field_types)::name} + ": " + json_text(fields)), ...);
      });
    });
    return lines;
  } else {
    const std::string json = json_text(value);
    return json.empty() ? Lines{} : json_lines(json);
  }
}

template <class... Events>
Lines event_lines(const std::variant<Events...>& event) {
  return std::visit(
      []<class Payload>(const EventWithMetadata<Payload>& value) {
        Lines lines{std::string{Payload::type}};
        for (std::string& line : value_lines(value.payload)) lines.push_back(std::move(line));
        for (const std::string& line : value_lines(value.metadata)) lines.push_back("  metadata." + line.substr(2));
        return lines;
      },
      event);
}

/// How wide a terminal shows the text, as far as UTF-8 alone tells.
inline std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

/// Two columns of blocks, each with its counterpart next to it; lines that differ are marked.
inline std::string side_by_side(const std::vector<Lines>& expected, const std::vector<Lines>& actual) {
  std::size_t width = width_of("expected");
  for (const Lines& block : expected) {
    for (const std::string& line : block) width = (std::max)(width, width_of(line));
  }
  std::string text;
  const auto add_row = [&](const std::string& left, std::string_view mark, const std::string& right) {
    text += "  " + left + std::string(width - width_of(left), ' ');
    text += mark;
    text += right;
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  };
  add_row("expected", "    ", "actual");
  const auto line_of = [](const std::vector<Lines>& blocks, std::size_t block, std::size_t line) -> std::string {
    return block < blocks.size() && line < blocks[block].size() ? blocks[block][line] : std::string{};
  };
  for (std::size_t block = 0; block < (std::max)(expected.size(), actual.size()); ++block) {
    const std::size_t height = (std::max)(block < expected.size() ? expected[block].size() : 0,
                                          block < actual.size() ? actual[block].size() : 0);
    for (std::size_t line = 0; line < height; ++line) {
      const std::string left = line_of(expected, block, line);
      const std::string right = line_of(actual, block, line);
      add_row(left, left == right ? "    " : " != ", right);
    }
  }
  return text;
}

/// An exception that is being handled, on one line.
inline std::string current_exception_text() {
  try {
    throw;
  } catch (const std::exception& error) {
    return type_name(typeid(error)) + ": " + error.what();
  } catch (...) {
#if __has_include(<cxxabi.h>)
    if (const std::type_info* type = abi::__cxa_current_exception_type()) return type_name(*type);
#endif
    return "an exception that is not a std::exception";
  }
}

}  // namespace castore::testing::detail

#endif
