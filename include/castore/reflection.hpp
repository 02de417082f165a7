// SPDX-License-Identifier: MIT
#ifndef CASTORE_REFLECTION_HPP
#define CASTORE_REFLECTION_HPP

/// @file
/// The fields of structs and the enumerators of enumerations, as the compiler finds them; and what a struct says about
/// the form in which its fields are stored.

#include <castore/detail/enumerators.hpp>
#include <castore/detail/fault.hpp>
#include <castore/detail/field_faults.hpp>
#include <castore/detail/fields.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace castore {

/// @brief Structs whose fields the compiler finds: up to 128, all public and its own, and no C arrays, bit-fields,
/// references or anonymous unions.
template <class Type>
concept Reflectable = detail::HasKnownFields<std::remove_cvref_t<Type>>;

namespace detail {

template <class Type>
constexpr auto fault_in_finding_fields() {
  if constexpr (HasKnownFields<Type>)
    return NoFault{};
  else
    return fields_fault<Type>();
}
/// One error, which says why, where fields are not found.
template <class Type>
using FieldsFault = decltype(fault_in_finding_fields<std::remove_cvref_t<Type>>());

template <class Type, bool are_known>
constexpr auto names_of_fields() {
  if constexpr (are_known) {
    return FieldsFound<Type>::names();
  } else {
    return std::array<std::string_view, 0>{};
  }
}

}  // namespace detail

/// @brief The names of a struct's fields, in their order: a `std::array<std::string_view, N>`.
/// **Errors:** a struct whose fields are not found does not compile, with the reason.
template <class Type>
inline constexpr auto field_names =
    detail::names_of_fields<std::remove_cv_t<Type>, detail::FieldsFault<Type>::explain()>();

/// @brief How many fields a struct has. **Errors:** those of `field_names`.
template <class Type>
inline constexpr std::size_t field_count =
    detail::FieldsFault<Type>::explain() ? detail::FieldsOf<std::remove_cv_t<Type>>::count : 0;

/// @brief Calls `function(name, field)` for each field of an object, in their order.
/// @code
/// castore::for_each_field(event, [](std::string_view name, const auto& field) { ... });
/// @endcode
/// **Errors:** those of `field_names`; what the function throws.
template <class Object, class Function>
constexpr void for_each_field(Object&& object, Function&& function) {
  using Type = std::remove_cvref_t<Object>;
  if constexpr (detail::FieldsFault<Type>::explain()) {
    detail::use_fields(object, [&function](auto&... fields) {
      detail::use_field_types<Type>([&](auto... types) { (function(decltype(types)::name, fields), ...); });
    });
  }
}

// --- what a struct says about its fields ---

/// @brief How the names of a struct's fields are written; a struct says so by
/// `static constexpr auto json_case = castore::JsonCase::camel;`.
enum class JsonCase {
  unchanged,  ///< As they are declared.
  camel       ///< `trainer_id` as `trainerId`; underscores at the ends stay.
};

namespace detail {

template <class... Members>
struct FieldList {
  std::tuple<Members...> members;
};
template <class Thing>
struct Renamed {
  Thing thing;
  std::string_view name;
};
template <class... Things>
struct RenamedList {
  std::tuple<Renamed<Things>...> list;
};

constexpr auto renamed_things() { return std::tuple{}; }
template <class Thing, class... Rest>
constexpr auto renamed_things(Thing thing, std::string_view name, Rest... rest) {
  return std::tuple_cat(std::tuple<Renamed<Thing>>{{thing, name}}, renamed_things(rest...));
}
template <class... Things>
constexpr RenamedList<Things...> renamed_list(std::tuple<Renamed<Things>...> list) {
  return {list};
}

}  // namespace detail

/// @brief A list of fields, for fields that came after the first events were stored: where one is missing in a stored
/// event, it takes the default of the struct.
/// @code
/// static constexpr auto added_fields = castore::fields(&PokemonCaught::ball);
/// @endcode
template <class Owner, class... Members>
constexpr detail::FieldList<Members Owner::*...> fields(Members Owner::*... members) {
  return {{members...}};
}

/// @brief Other names for fields (`json_names`) or enumerators (`enum_names`) in storage; those that are not listed
/// keep theirs.
/// @code
/// static constexpr auto json_names = castore::rename(&PokemonCaught::trainer_id, "trainer", &PokemonCaught::ball,
/// "kind");
/// @endcode
template <class Thing, class... Rest>
  requires(sizeof...(Rest) % 2 == 0)
constexpr auto rename(Thing thing, std::string_view name, Rest... rest) {
  return detail::renamed_list(detail::renamed_things(thing, name, rest...));
}

/// @brief The texts of an enumeration's enumerators, where they are to be others than their names. The names are found
/// from -128 to 511 and at the powers of two above; other enumerators need a text here.
/// @code
/// template <>
/// inline constexpr auto castore::enum_names<Ball> = castore::rename(Ball::poke, "poke-ball", Ball::great,
/// "great-ball");
/// @endcode
/// It stands behind the enumeration, before its first use.
template <class Enum>
inline constexpr detail::RenamedList<> enum_names{};

namespace detail {

/// The texts of an enumeration: those that `enum_names` gives, else the names of the enumerators.
/// @throws std::logic_error when two values would have the same text
template <class Enum>
const EnumTexts& texts_of_enum() {
  static const EnumTexts texts{[] {
    std::vector<NamedValue> values = enumerators_of<Enum>();
    std::apply(
        [&values](const auto&... renamed) {
          (put_text(values, {bits_of<Enum>(renamed.thing), renamed.name}), ...);
        },
        enum_names<Enum>.list);
    return values;
  }()};
  return texts;
}

}  // namespace detail

}  // namespace castore

#endif
