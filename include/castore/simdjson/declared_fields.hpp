// SPDX-License-Identifier: MIT
#ifndef CASTORE_SIMDJSON_DECLARED_FIELDS_HPP
#define CASTORE_SIMDJSON_DECLARED_FIELDS_HPP

/// @file
/// Fields that a class declares by `CASTORE_DEFINE_JSON`.

#include <castore/config.hpp>

#include <nlohmann/json.hpp>

#include <type_traits>

/// @brief Declares the fields of a payload or metadata, in place of `NLOHMANN_DEFINE_TYPE_INTRUSIVE`, which it
/// includes; for types that are loaded often. Structs with public fields and without JSON functions need nothing.
///
/// **Guarantees:** what is encoded, what can be decoded, the decoded objects and the errors are those of
/// `NLOHMANN_DEFINE_TYPE_INTRUSIVE`. Text of exactly the declared fields, each once and of its type, takes the fast
/// way; all other text is left to nlohmann_json.
/// **Fields:** `bool`, integers, `float`, `double`, `std::string`, classes declared in this way, and `std::vector`s of
/// these; up to 63. Others do not compile.
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

}  // namespace castore

#endif
