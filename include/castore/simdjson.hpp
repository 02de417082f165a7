// SPDX-License-Identifier: MIT
#ifndef CASTORE_SIMDJSON_HPP
#define CASTORE_SIMDJSON_HPP

/// @file
/// A faster codec for types that declare their fields once: JSON text is decoded straight into the object by simdjson
/// (https://simdjson.org), without a tree of values in between.

#include <castore/core/codec.hpp>
#include <castore/fwd.hpp>
#include <castore/json.hpp>

#include <simdjson.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// @brief Declares the fields of a payload or metadata, in place of `NLOHMANN_DEFINE_TYPE_INTRUSIVE`, which it
/// includes; for types that are loaded often.
///
/// **Guarantees:** what is encoded, what can be decoded, the decoded objects and the errors are those of
/// `NLOHMANN_DEFINE_TYPE_INTRUSIVE`. Text of exactly the declared fields, each once and of its type, takes the fast
/// way; all other text is left to nlohmann_json.
/// **Fields:** `bool`, integers, floating-point numbers, `std::string`, classes declared in this way, and
/// `std::vector`s of these; up to 63. Others do not compile.
/// **Errors:** those of `castore::codec`.
///
/// @code
/// struct PokemonAppeared {
///   static constexpr std::string_view type = "POKEMON_APPEARED";
///   std::string name;
///   int level = 1;
///   CASTORE_DEFINE_JSON(PokemonAppeared, name, level)
/// };
/// @endcode
#define CASTORE_DEFINE_JSON(Type, ...)                                                           \
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Type, __VA_ARGS__)                                              \
  template <class Visitor>                                                                       \
  friend constexpr void castore_visit_fields(std::type_identity<Type>, const Visitor& visitor) { \
    using Self = Type;                                                                           \
    NLOHMANN_JSON_EXPAND(NLOHMANN_JSON_PASTE(CASTORE_VISIT_FIELD, __VA_ARGS__))                  \
  }
#define CASTORE_VISIT_FIELD(field) visitor(#field, &Self::field);

namespace castore {

namespace detail {

void castore_visit_fields() = delete;  // the functions are found by their argument only

struct IgnoreFields {
  template <class Field>
  void operator()(const char*, Field) const noexcept {}
};
template <class Value>
concept VisitsFields = requires(std::type_identity<Value> type) { castore_visit_fields(type, IgnoreFields{}); };

}  // namespace detail

/// @brief Types declared by `CASTORE_DEFINE_JSON`; not those that derive from them.
template <class Value>
concept HasDeclaredFields = detail::VisitsFields<Value>;

namespace detail {

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
template <std::floating_point Value>
inline constexpr bool is_fast_field<Value> = true;
template <class Value>
  requires(std::signed_integral<Value> || std::unsigned_integral<Value>)
inline constexpr bool is_fast_field<Value> = !is_character<Value>;
template <class Value>
inline constexpr bool is_fast_field<std::vector<Value>> = is_fast_field<Value>;

/// Each function returns false for what nlohmann_json shall decide on: errors, conversions, fields unknown or missing.
template <HasDeclaredFields Value>
bool read_json(simdjson::ondemand::object object, Value& value, std::size_t depth);

template <class Value>
bool read_json(simdjson::ondemand::value json, Value& value, std::size_t depth) {
  static_assert(is_fast_field<Value>,
                "castore: CASTORE_DEFINE_JSON knows fields of type bool, integers, floating-point numbers, "
                "std::string, classes declared by CASTORE_DEFINE_JSON and std::vectors of these; declare a class with "
                "other fields by NLOHMANN_DEFINE_TYPE_INTRUSIVE");
  if constexpr (std::same_as<Value, bool>) {
    return json.get_bool().get(value) == simdjson::SUCCESS;
  } else if constexpr (std::same_as<Value, std::string>) {
    std::string_view text;
    if (json.get_string().get(text) != simdjson::SUCCESS) return false;
    value = text;
    return true;
  } else if constexpr (std::floating_point<Value>) {
    // Some versions of simdjson misread 0. with 20 digits and more.
    const std::string_view token = json.raw_json_token();
    if (token.size() > 21 && token.find_first_of(" \t\r\n") > 21) return false;
    double number = 0;
    if (json.get_double().get(number) != simdjson::SUCCESS) return false;
    // nlohmann_json rounds an integer to the field's type without a double in between.
    if (!std::same_as<Value, double> && std::abs(number) >= 0x1p53) return false;
    value = static_cast<Value>(number);
    return number != 0;  // nlohmann_json knows an integer 0 without sign
  } else if constexpr (std::integral<Value>) {
    std::conditional_t<std::is_signed_v<Value>, std::int64_t, std::uint64_t> number = 0;
    if (json.get(number) != simdjson::SUCCESS || !std::in_range<Value>(number)) return false;
    value = static_cast<Value>(number);
    return true;
  } else if constexpr (HasDeclaredFields<Value>) {
    simdjson::ondemand::object object;
    return json.get_object().get(object) == simdjson::SUCCESS && read_json(object, value, depth);
  } else if constexpr (is_fast_field<Value>) {
    simdjson::ondemand::array array;
    if (depth == max_json_depth || json.get_array().get(array) != simdjson::SUCCESS) return false;
    value.clear();
    for (auto result : array) {
      simdjson::ondemand::value element;
      typename Value::value_type read{};
      if (std::move(result).get(element) != simdjson::SUCCESS || !read_json(element, read, depth + 1)) return false;
      value.push_back(std::move(read));
    }
    return true;
  } else {
    return false;  // one mistake is one error
  }
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

/// @return False when nlohmann_json shall decide; `value` is in any state then.
template <HasDeclaredFields Value>
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

}  // namespace detail

/// @brief The codec of types declared by `CASTORE_DEFINE_JSON`.
template <HasDeclaredFields Value>
struct codec<Value> {
  /// @brief JSON text. @throws What nlohmann_json throws, as for text that is not UTF-8; and for NaN or infinity.
  static std::string encode(const Value& value) { return detail::json_to_text(nlohmann::json(value)); }
  /// @brief Reads JSON text. @throws What nlohmann_json throws when the text is no JSON or does not fit the type.
  static Value decode(std::string_view json) {
    Value value{};
    if (!json.empty() && detail::read_json(json, value)) return value;
    return detail::decode_json<Value>(json);
  }
};

}  // namespace castore

#endif
