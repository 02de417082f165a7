// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_CODEC_HPP
#define CASTORE_CORE_CODEC_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace castore {

/// @brief The deepest nesting of arrays and objects in a payload or metadata.
inline constexpr std::size_t max_json_depth = 500;

/// @brief What a codec throws that knows which part of a value is wrong. `castore/json.hpp` does.
/// **Handling:** it is nested in `EventEncodeError`, `EventDecodeError` and `InvalidInputError`; handle those.
class CASTORE_DETAIL_THROWN FieldError : public std::invalid_argument {
 public:
  /// @brief Names a part. @param field The way to it, e.g. `moves[2].name`. @param reason What is wrong.
  FieldError(std::string_view field, const std::string& reason)
      : std::invalid_argument{"field " + detail::in_quotes(field) + ": " + reason}, field_{field}, reason_{reason} {}

  /// @brief The way to the part.
  const std::string& field() const noexcept { return field_; }
  /// @brief What is wrong with it.
  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string field_;
  std::string reason_;
};

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
