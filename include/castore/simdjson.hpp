// SPDX-License-Identifier: MIT
#ifndef CASTORE_SIMDJSON_HPP
#define CASTORE_SIMDJSON_HPP

/// @file
/// A faster codec for structs whose fields the compiler finds, and for types that declare theirs by
/// `CASTORE_DEFINE_JSON`: JSON text is decoded straight into the object by simdjson (https://simdjson.org), without a
/// tree of values in between. Every file that uses such a type in a store includes this, best where the events are;
/// with it or without it, what is stored, what is decoded and the errors are the same.

#include <castore/core/codec.hpp>
#include <castore/fwd.hpp>
#include <castore/json.hpp>
#include <castore/json/comes_back.hpp>
#include <castore/json/storable.hpp>
#include <castore/simdjson/declared_fields.hpp>
#include <castore/simdjson/read_json.hpp>

#include <concepts>
#include <exception>
#include <new>
#include <string>
#include <string_view>

namespace castore {

namespace detail {

/// Reads by simdjson what it can, and by nlohmann_json what it cannot.
template <class Value>
struct SimdjsonCodec {
  static Value decode(std::string_view json) {
    if (!json.empty()) {
      try {
        Value value{};
        if (read_json(json, value)) return value;
      } catch (const std::bad_alloc&) {
        throw;
      } catch (const std::exception&) {  // nlohmann_json's way has the path
      }
    }
    return decode_json<Value>(json);
  }
};

}  // namespace detail

/// @brief The codec of types declared by `CASTORE_DEFINE_JSON`.
template <HasDeclaredFields Value>
  requires std::default_initializable<Value>
struct codec<Value> {
  /// @brief JSON text. @throws std::invalid_argument naming the field that would not come back
  static std::string encode(const Value& value) { return detail::encode_json(value); }
  /// @brief Reads JSON text. @throws What nlohmann_json throws when the text is not JSON or does not fit the type.
  static Value decode(std::string_view json) { return detail::SimdjsonCodec<Value>::decode(json); }
  /// @brief The same for JSON that somebody sends, see `castore/json.hpp`.
  static Value decode_input(std::string_view json) { return detail::decode_json_input<Value>(json); }
  /// @brief For the library itself: it has a codec.
  static constexpr bool explain() { return true; }
};

/// @brief The codec of structs whose fields the compiler finds; see `castore/json.hpp`.
template <detail::FilledByFields Value>
struct codec<Value> {
  /// @brief JSON text. @throws std::invalid_argument naming the field that would not come back
  static std::string encode(const Value& value)
    requires detail::is_storable<Value>
  {
    return detail::encode_json(value);
  }
  /// @brief Reads JSON text. @throws std::invalid_argument naming the field that is missing or does not fit its type,
  /// what nlohmann_json throws when the text is not JSON.
  static Value decode(std::string_view json)
    requires detail::is_storable<Value>
  {
    return detail::SimdjsonCodec<Value>::decode(json);
  }
  /// @brief The same for JSON that somebody sends, see `castore/json.hpp`.
  static Value decode_input(std::string_view json)
    requires detail::is_storable<Value>
  {
    return detail::decode_json_input<Value>(json);
  }
  /// @brief For the library itself: does not compile, with the reason, where the type has no codec.
  static constexpr bool explain() { return decltype(fault())::explain(); }
  /// @brief For the library itself: that reason.
  static constexpr auto fault() { return detail::json_fault<Value>(); }
};

}  // namespace castore

#endif
