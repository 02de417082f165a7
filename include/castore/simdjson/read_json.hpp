// SPDX-License-Identifier: MIT
#ifndef CASTORE_SIMDJSON_READ_JSON_HPP
#define CASTORE_SIMDJSON_READ_JSON_HPP

/// @file
/// JSON text straight into an object, by simdjson: one function for each kind of a field.

#include <castore/detail/enumerators.hpp>
#include <castore/detail/fields.hpp>
#include <castore/detail/function_signature.hpp>
#include <castore/json/field_names.hpp>
#include <castore/json/from_json.hpp>
#include <castore/json/kinds.hpp>
#include <castore/json/standard_types.hpp>
#include <castore/json/text.hpp>
#include <castore/reflection.hpp>
#include <castore/simdjson/declared_fields.hpp>

#include <simdjson.h>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::detail {

template <class Value>
inline constexpr bool is_character =
    std::same_as<Value, char> || std::same_as<Value, wchar_t> || std::same_as<Value, char8_t> ||
    std::same_as<Value, char16_t> || std::same_as<Value, char32_t>;

template <class Value>
inline constexpr bool is_fast_field = HasDeclaredFields<Value>;
template <>
inline constexpr bool is_fast_field<bool> = true;
template <>
inline constexpr bool is_fast_field<std::string> = true;
template <>
inline constexpr bool is_fast_field<float> = true;
template <>
inline constexpr bool is_fast_field<double> = true;
template <class Value>
  requires(std::signed_integral<Value> || std::unsigned_integral<Value>)
inline constexpr bool is_fast_field<Value> = !is_character<Value>;
template <class Value>
inline constexpr bool is_fast_field<std::vector<Value>> = is_fast_field<Value>;

/// A struct whose fields the compiler finds, and which can be made first and filled then.
template <class Value>
concept FilledByFields = PlainStruct<Value> && std::default_initializable<Value> && std::movable<Value>;

template <class Value>
concept MadeFirst = std::default_initializable<Value> && std::movable<Value>;
template <class Value>
concept FastList = kind_of<Value> == JsonKind::list && MadeFirst<typename Value::value_type> &&
                   requires(Value& list) { list.push_back(typename Value::value_type{}); };

/// Each function returns false for what nlohmann_json shall decide on: errors, conversions, fields unknown or missing.
template <HasDeclaredFields Value>
bool read_json(simdjson::ondemand::object object, Value& value, std::size_t depth);
template <FilledByFields Value>
bool read_json(simdjson::ondemand::object object, Value& value, std::size_t depth);

template <class Value>
bool read_number(simdjson::ondemand::value json, Value& value) {
  if constexpr (std::floating_point<Value>) {
    // Some versions of simdjson misread 0. with 20 digits and more.
    const std::string_view token = json.raw_json_token();
    if (token.size() > 21 && token.find_first_of(" \t\r\n") > 21) return false;
    double number = 0;
    if (json.get_double().get(number) != simdjson::SUCCESS) return false;
    // nlohmann_json rounds an integer to the field's type without a double in between.
    if (!std::same_as<Value, double> && std::abs(number) >= 0x1p53) return false;
    value = static_cast<Value>(number);
    return number != 0 || token.front() != '-';  // nlohmann_json knows an integer 0 without sign
  } else {
    std::conditional_t<std::is_signed_v<Value>, std::int64_t, std::uint64_t> number = 0;
    if (json.get(number) != simdjson::SUCCESS || number < (std::numeric_limits<Value>::min)() ||
        number > (std::numeric_limits<Value>::max)()) {
      return false;
    }
    value = static_cast<Value>(number);
    return true;
  }
}

/// Reads each element of an array.
template <class Value>
bool read_list(simdjson::ondemand::value json, Value& value, std::size_t depth);

template <class Value>
bool read_json(simdjson::ondemand::value json, Value& value, std::size_t depth) {
  static_assert(is_fast_field<Value>,
                "castore: CASTORE_DEFINE_JSON knows fields of type bool, integers, float, double, std::string, classes "
                "declared by CASTORE_DEFINE_JSON and std::vectors of these; declare a class with other fields by "
                "NLOHMANN_DEFINE_TYPE_INTRUSIVE");
  if constexpr (std::same_as<Value, bool>) {
    return json.get_bool().get(value) == simdjson::SUCCESS;
  } else if constexpr (std::same_as<Value, std::string>) {
    std::string_view text;
    if (json.get_string().get(text) != simdjson::SUCCESS) return false;
    value = text;
    return true;
  } else if constexpr (std::is_arithmetic_v<Value>) {
    return read_number(json, value);
  } else if constexpr (HasDeclaredFields<Value>) {
    simdjson::ondemand::object object;
    return json.get_object().get(object) == simdjson::SUCCESS && read_json(object, value, depth);
  } else if constexpr (is_fast_field<Value>) {
    return read_list(json, value, depth);
  } else {
    return false;  // one mistake is one error
  }
}

/// The text of a value, which is not looked at; empty when it does not end.
inline std::string_view raw_json(simdjson::ondemand::value json) {
  simdjson::ondemand::json_type type{};
  if (json.type().get(type) != simdjson::SUCCESS) return {};
  std::string_view text;
  if (type == simdjson::ondemand::json_type::object) {
    simdjson::ondemand::object object;
    if (json.get_object().get(object) != simdjson::SUCCESS || object.raw_json().get(text) != simdjson::SUCCESS)
      return {};
  } else if (type == simdjson::ondemand::json_type::array) {
    simdjson::ondemand::array array;
    if (json.get_array().get(array) != simdjson::SUCCESS || array.raw_json().get(text) != simdjson::SUCCESS) return {};
  } else {
    text = json.raw_json_token();
    text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  }
  return text;
}

/// A field that the compiler found, of any kind. @throws What functions of the program throw, std::invalid_argument
template <class Value>
bool read_found(simdjson::ondemand::value json, Value& value, std::size_t depth) {
  constexpr JsonKind kind = kind_of<Value>;
  if constexpr (kind == JsonKind::boolean || kind == JsonKind::text) {
    return read_json(json, value, depth);
  } else if constexpr ((kind == JsonKind::integer || kind == JsonKind::floating) && !std::is_enum_v<Value>) {
    return read_number(json, value);
  } else if constexpr (kind == JsonKind::enumeration) {
    std::string_view text;
    if (json.get_string().get(text) != simdjson::SUCCESS) return false;
    const NamedValue* const named = texts_of_enum<Value>().find(text);
    if (named) value = static_cast<Value>(static_cast<std::underlying_type_t<Value>>(named->value));
    return named != nullptr;
  } else if constexpr (kind == JsonKind::optional) {
    simdjson::ondemand::json_type type{};
    if (json.type().get(type) != simdjson::SUCCESS) return false;
    value.reset();
    if (type == simdjson::ondemand::json_type::null) return raw_json(json) == "null";
    if constexpr (MadeFirst<typename Value::value_type>) {
      return read_found(json, value.emplace(), depth);
    } else {
      value.emplace(from_json_value<typename Value::value_type>(text_to_json(raw_json(json))));
      return true;
    }
  } else if constexpr (kind == JsonKind::time) {
    std::string_view text;
    if (json.get_string().get(text) != simdjson::SUCCESS) return false;
    value = time_from_text<typename Value::duration>(text);
    return true;
  } else if constexpr (kind == JsonKind::duration) {
    typename Value::rep count{};
    if (!read_found(json, count, depth)) return false;
    value = Value(count);
    return true;
  } else if constexpr (FastList<Value>) {
    return read_list(json, value, depth);
  } else if constexpr (kind == JsonKind::fields && FilledByFields<Value>) {
    simdjson::ondemand::object object;
    return json.get_object().get(object) == simdjson::SUCCESS && read_json(object, value, depth);
  } else {
    const std::string_view text = raw_json(json);
    if (text.empty()) return false;
    check_json_depth(text, max_json_depth - depth);
    value = from_json_value<Value>(text_to_json(text));
    return true;
  }
}

template <class Value>
bool read_list(simdjson::ondemand::value json, Value& value, std::size_t depth) {
  simdjson::ondemand::array array;
  if (depth == max_json_depth || json.get_array().get(array) != simdjson::SUCCESS) return false;
  value.clear();
  for (auto result : array) {
    simdjson::ondemand::value element;
    typename Value::value_type read{};
    if (std::move(result).get(element) != simdjson::SUCCESS) return false;
    if constexpr (is_fast_field<Value>) {
      if (!read_json(element, read, depth + 1)) return false;
    } else {
      if (!read_found(element, read, depth + 1)) return false;
    }
    value.push_back(std::move(read));
  }
  return true;
}

template <HasDeclaredFields Value>
bool read_json(simdjson::ondemand::object object, Value& value, std::size_t depth) {
  if (depth == max_json_depth) return false;
  std::uint64_t missing = 0;
  castore_visit_fields(std::type_identity<Value>{}, [&missing](const char*, auto) { missing = missing << 1U | 1U; });
  for (auto result : object) {
    simdjson::ondemand::field member;
    std::string_view key;
    if (std::move(result).get(member) != simdjson::SUCCESS || member.unescaped_key().get(key) != simdjson::SUCCESS)
      return false;
    bool is_read = false;
    std::uint64_t bit = 1;
    castore_visit_fields(std::type_identity<Value>{}, [&](std::string_view name, auto field) {
      if (!is_read && (missing & bit) != 0 && name == key) {
        if (!read_json(member.value(), value.*field, depth + 1)) return;
        is_read = true;
        missing &= ~bit;
      }
      bit <<= 1U;
    });
    if (!is_read) return false;
  }
  return missing == 0;
}

/// A field that is not in the text; the value has the struct's default.
template <class Field, class Value>
bool may_be_missing(Value& value) {
  if constexpr (is_added_field<Field>()) {
    return true;
  } else if constexpr (kind_of<Value> == JsonKind::optional) {
    value.reset();
    return true;
  } else {
    return false;
  }
}

template <FilledByFields Value>
bool read_json(simdjson::ondemand::object object, Value& value, std::size_t depth) {
  if (depth == max_json_depth) return false;
  const auto read = [&]<class... Fields, class... Values>(TypeList<Fields...>, Values&... values) {
    std::uint64_t found = 0;
    for (auto result : object) {
      simdjson::ondemand::field member;
      std::string_view key;
      if (std::move(result).get(member) != simdjson::SUCCESS || member.unescaped_key().get(key) != simdjson::SUCCESS) {
        return false;
      }
      bool is_read = false;
      std::uint64_t bit = 1;
      const auto try_field = [&](std::string_view name, auto& field) {
        if (name == key) {
          is_read = (found & bit) == 0 && read_found(member.value(), field, depth + 1);
          found |= bit;
          return true;
        }
        bit <<= 1U;
        return false;
      };
      static_cast<void>((try_field(json_name<Fields>, values) || ...));
      if (!is_read) return false;
    }
    std::uint64_t bit = 1;
    const auto is_there = [&]<class Field>(std::type_identity<Field>, auto& field) {
      const bool is_found = (found & bit) != 0;
      bit <<= 1U;
      return is_found || may_be_missing<Field>(field);
    };
    return (is_there(std::type_identity<Fields>{}, values) && ...);
  };
  return use_fields(value, [&read](auto&... values) {
    return use_field_types<Value>([&]<class... Fields>(Fields...) { return read(TypeList<Fields...>{}, values...); });
  });
}

/// @return False when nlohmann_json shall decide; `value` is in any state then.
template <class Value>
  requires HasDeclaredFields<Value> || FilledByFields<Value>
bool read_json(std::string_view text, Value& value) {
  thread_local simdjson::ondemand::parser parser;
  thread_local std::string padded;  // simdjson reads a little past the end
  padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  padded.assign(text);
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  const char* rest = nullptr;
  return parser.iterate(padded.data(), padded.size(), padded.capacity()).get(document) == simdjson::SUCCESS &&
         document.get_object().get(object) == simdjson::SUCCESS && read_json(object, value, 0) &&
         document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
}

}  // namespace castore::detail

#endif
