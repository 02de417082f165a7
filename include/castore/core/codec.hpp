// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_CODEC_HPP
#define CASTORE_CORE_CODEC_HPP

#include <castore/fwd.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace castore {

/// @brief How a payload (or metadata) type becomes JSON text and comes back.
///
/// `castore/json.hpp` defines it for every type that nlohmann_json knows. Specialise it to use a faster parser or
/// another form for one type:
/// @code
/// template <>
/// struct castore::codec<PokemonAppeared> {
///   static std::string encode(const PokemonAppeared&);        // JSON text; empty: the event has no payload
///   static PokemonAppeared decode(std::string_view json);     // throws when it cannot; empty: there was no payload
/// };
/// @endcode
/// A specialisation, like the include of `castore/json.hpp`, must be seen by every file that uses the type in a store.
template <class Value>
struct codec;

/// @brief Types with a codec: a record adapter (SQLite, PostgreSQL, DynamoDB) can store them.
template <class Value>
concept HasCodec = requires(const Value& value, std::string_view json) {
  { codec<Value>::encode(value) } -> std::convertible_to<std::string>;
  { codec<Value>::decode(json) } -> std::same_as<Value>;
};

/// @brief An optional value is absent (empty text) or what its own codec makes of it.
template <HasCodec Value>
struct codec<std::optional<Value>> {
  /// @brief JSON text, empty for no value.
  static std::string encode(const std::optional<Value>& value) {
    return value ? std::string{codec<Value>::encode(*value)} : std::string{};
  }
  /// @brief No value for empty text, else what `codec<Value>` reads. @throws What `codec<Value>::decode` throws
  static std::optional<Value> decode(std::string_view json) {
    if (json.empty()) return std::nullopt;
    return codec<Value>::decode(json);
  }
};

}  // namespace castore

#endif
