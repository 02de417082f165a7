// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_STORABLE_HPP
#define CASTORE_JSON_STORABLE_HPP

/// @file
/// Which types come back from JSON as they were, as far as the compiler can tell; and what it says of the others. An
/// event is kept forever, so a type that would lose something does not compile.

#include <castore/detail/fault.hpp>
#include <castore/detail/field_faults.hpp>
#include <castore/detail/fields.hpp>
#include <castore/detail/function_signature.hpp>
#include <castore/json/field_names.hpp>
#include <castore/json/kinds.hpp>
#include <castore/json/standard_types.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace castore::detail {

// --- what is wrong with a type ---

/// `Where` is the field, or the type itself where it is not a field.
template <class Where>
struct PointsElsewhere {
  static constexpr bool explain() {
    static_assert(
        never<Where>,
        "castore: this points to text or objects elsewhere, which are gone when it is loaded; use std::string "
        "for a std::string_view or const char*, a container for a std::span, a value or std::optional for a "
        "pointer or reference");
    return false;
  }
};
template <class Where>
struct LosesDigits {
  static constexpr bool explain() {
    static_assert(never<Where>, "castore: JSON would lose digits of a long double; use double, or a std::string");
    return false;
  }
};
template <class Where>
struct HasNoJson {
  static constexpr bool explain() {
    static_assert(never<Where>,
                  "castore: this field's type has no JSON form; use one that has (std::optional for a pointer, "
                  "castore::Timestamp for a date, a struct with public fields for a class), write "
                  "NLOHMANN_DEFINE_TYPE_INTRUSIVE(TheType, its, fields) in it, or specialise nlohmann::adl_serializer "
                  "for it");
    return false;
  }
};
template <class Where>
struct IsUntypedVariant {
  static constexpr bool explain() {
    static_assert(
        never<Where>,
        "castore: JSON must say which alternative of this std::variant it holds; make each alternative a struct "
        "with a text of its own: static constexpr std::string_view type = \"...\";");
    return false;
  }
};
template <class Type>
struct HasOneNameTwice {
  static constexpr bool explain() {
    static_assert(never<Type>,
                  "castore: two fields of this struct would have the same name in JSON; look at its "
                  "json_names and json_case");
    return false;
  }
};
template <class Type>
struct AddsWithoutDefault {
  static constexpr bool explain() {
    static_assert(never<Type>,
                  "castore: fields in added_fields take the default of the struct, but this one has no "
                  "default value; give each field one");
    return false;
  }
};
template <class Type>
struct NamesUnusedFields {
  static constexpr bool explain() {
    static_assert(
        never<Type>,
        "castore: json_case, json_names and added_fields are for structs without JSON functions, but this one has "
        "to_json and from_json; leave out the one or the other");
    return false;
  }
};
template <class Type, class Base>
struct JsonOfBaseClass {
  static_assert(never<Type>,
                "castore: the JSON functions of this type are those of its base class, which leave out its own fields; "
                "write in it NLOHMANN_DEFINE_TYPE_INTRUSIVE(TheType, all, fields), those of the base class first");
};
template <class Type>
struct ReportsBase {
  template <class Base>
    requires(std::is_base_of_v<Base, Type> && !std::same_as<std::remove_cv_t<Base>, Type>)
  operator Base&() const {  // NOLINT(google-explicit-constructor): it stands for an object
    static_cast<void>(sizeof(JsonOfBaseClass<Type, std::remove_cv_t<Base>>));
    std::abort();
  }
};
template <class Type>
struct InheritsJson {
  static constexpr bool explain() {
    // Calls the functions, so that the compiler finds out and says which base class they are of.
    if constexpr (WrittenAs<Type, ABaseOf<Type>> && !WrittenAs<Type, ExactlyA<Type>>) {
      static_cast<void>(+[](nlohmann::json& json, const ReportsBase<Type>& value) {
        nlohmann::adl_serializer<Type>::to_json(json, value);
      });
    } else {
      static_cast<void>(+[](const nlohmann::json& json, const ReportsBase<Type>& value) {
        nlohmann::adl_serializer<Type>::from_json(json, value);
      });
    }
    return false;
  }
};
template <class Type>
struct LosesFields {
  static constexpr bool explain() {
    static_assert(never<Type>,
                  "castore: JSON would have the elements of this container but not its other fields; make it a struct "
                  "with a field for the container, or write to_json and from_json for it");
    return false;
  }
};
template <class Type>
struct HasHalfOfJson {
  static constexpr bool explain() {
    constexpr bool lacks_default = !Read<Type> && !std::default_initializable<Type> && ReadAs<Type, Type>;
    constexpr bool is_only_written = !Read<Type> && !lacks_default;
    constexpr bool is_only_read = Read<Type>;
    static_assert(!lacks_default,
                  "castore: this type has a from_json(json, TheType&) but no default constructor to begin with; give it "
                  "one, or leave its JSON functions out when it is a struct with public fields, or specialise "
                  "nlohmann::adl_serializer with `static TheType from_json(const nlohmann::json&)`");
    static_assert(!is_only_written,
                  "castore: this type has a to_json but no from_json, so what is stored could not be read; write both, "
                  "or neither when it is a struct with public fields");
    static_assert(!is_only_read,
                  "castore: this type has a from_json but no to_json, so it could not be stored; write both, or neither "
                  "when it is a struct with public fields");
    return false;
  }
};
template <class Type>
struct IsUnknown {
  static constexpr bool explain() {
    static_assert(never<Type>,
                  "castore: this type cannot be encoded as JSON; make it a struct with public fields, without base "
                  "classes and C arrays, or write in it NLOHMANN_DEFINE_TYPE_INTRUSIVE(TheType, its, fields), or "
                  "specialise castore::codec<TheType>");
    return false;
  }
};

/// The first fault of several that can be computed, each when it is needed.
template <class Compute, class... Rest>
constexpr auto first_fault(Compute compute, Rest... rest) {
  if constexpr (sizeof...(Rest) == 0 || is_fault<decltype(compute())>) {
    return compute();
  } else {
    return first_fault(rest...);
  }
}

template <class Where, class Type, bool is_found, class... Seen>
constexpr auto fault_in();

template <class Where, bool is_found, class... Seen, class... Types>
constexpr auto fault_in_each(TypeList<Types...>) {
  return first_fault([] { return fault_in<Where, Types, is_found, Seen...>(); }..., [] { return NoFault{}; });
}
/// The fields of a type; each names itself.
template <class Type, bool are_found, class... Seen>
constexpr auto fault_in_fields() {
  return use_field_types<Type>([]<class... Fields>(Fields...) {
    return first_fault([] { return fault_in<Fields, typename Fields::Value, are_found, Seen...>(); }...,
                       [] { return NoFault{}; });
  });
}

template <template <class> class Fault, class Found>
inline constexpr bool is_kind_of = false;
template <template <class> class Fault, class Where>
inline constexpr bool is_kind_of<Fault, Fault<Where>> = true;

template <template <class> class Fault, class Type>
struct WithFault {
  template <class Field>
  using Includes = std::bool_constant<is_kind_of<Fault, decltype(fault_in<Field, Field, false, Type>())>>;
};
/// The same for a struct with base classes: its bases and fields have no names, but types.
template <template <class> class Fault, class Type>
constexpr auto fault_behind_bases() {
  constexpr bool is_found = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return (takes_at<Type, Index, WithFault<Fault, Type>::template Includes>() || ...);
  }(std::make_index_sequence<FieldsOf<Type>::count>{});
  if constexpr (is_found) return Fault<Type>{};
  else return NoFault{};
}

template <class Type>
inline constexpr bool points_elsewhere = std::is_pointer_v<Type> || std::is_reference_v<Type>;
template <class Character, class Traits>
inline constexpr bool points_elsewhere<std::basic_string_view<Character, Traits>> = true;
template <class Element, std::size_t extent>
inline constexpr bool points_elsewhere<std::span<Element, extent>> = true;
template <class Element>
inline constexpr bool points_elsewhere<std::initializer_list<Element>> = true;
template <class Value>
inline constexpr bool points_elsewhere<std::reference_wrapper<Value>> = true;

/// What is wrong with a struct's fields as a whole.
template <class Type>
constexpr auto names_fault() {
  if constexpr (kind_of<Type> == JsonKind::fields && has_one_name_twice<Type>())
    return HasOneNameTwice<Type>{};
  else if constexpr (kind_of<Type> == JsonKind::fields && HasAddedFields<Type> && !std::default_initializable<Type>)
    return AddsWithoutDefault<Type>{};
  else if constexpr (kind_of<Type> == JsonKind::functions && SaysFieldForm<Type>)
    return NamesUnusedFields<Type>{};
  else
    return NoFault{};
}

/// Of a type without a form.
template <class Where, class Type>
constexpr auto fault_without_form() {
  if constexpr (is_variant<Type>)
    return IsUntypedVariant<Where>{};
  else if constexpr (LacksJson<Type> || has_elements<Type>)
    return HasNoJson<Where>{};
  else if constexpr (Written<Type> != Read<Type>)
    return HasHalfOfJson<Type>{};
  else if constexpr (std::is_aggregate_v<Type> && !HasKnownFields<Type>)
    return fields_fault<Type>();
  else
    return HasNoJson<Where>{};
}

/// What makes values of a type unfit for JSON, in the type and all that it consists of. `is_found`: the library
/// converts it, as a field that the compiler found, so it must have a form of its own.
template <class Where, class Type, bool is_found, class... Seen>
constexpr auto fault_in() {
  if constexpr ((std::same_as<Type, Seen> || ...)) {
    return NoFault{};
  } else if constexpr (points_elsewhere<Type>) {
    return PointsElsewhere<Where>{};
  } else if constexpr (std::same_as<Type, long double>) {
    return LosesDigits<Where>{};
  } else if constexpr (is_plain_value<Type> || kind_of<Type> == JsonKind::codec) {
    return NoFault{};
  } else if constexpr (ContainerWithFields<Type>) {
    return LosesFields<Type>{};
  } else if constexpr (HasJsonOfBase<Type> && !has_elements<Type>) {
    return InheritsJson<Type>{};
  } else if constexpr (is_found && kind_of<Type> == JsonKind::none) {
    return fault_without_form<Where, Type>();
  } else if constexpr (has_elements<Type>) {
    return fault_in_each < Where, is_found && kind_of<Type> != JsonKind::functions, Type,
           Seen... > (typename ElementsOf<Type>::Types{});
  } else if constexpr (is_fault<decltype(names_fault<Type>())>) {
    return names_fault<Type>();
  } else if constexpr (HasKnownFields<Type>) {
    return fault_in_fields<Type, kind_of<Type> == JsonKind::fields, Type, Seen...>();
  } else if constexpr (FieldsOf<Type>::has_bases) {
    return first_fault([] { return fault_behind_bases<PointsElsewhere, Type>(); },
                       [] { return fault_behind_bases<LosesDigits, Type>(); });
  } else {
    return NoFault{};
  }
}

/// False where `fault_in` would find nothing: a look that costs little, as almost all types are right.
template <class Type, bool is_found>
constexpr bool looks_faulty(StructsSeen& seen) {
  if constexpr (points_elsewhere<Type> || std::same_as<Type, long double>) {
    return true;
  } else if constexpr (is_plain_value<Type> || kind_of<Type> == JsonKind::codec) {
    return false;
  } else if constexpr (ContainerWithFields<Type> || (HasJsonOfBase<Type> && !has_elements<Type>) ||
                       (is_found && kind_of<Type> == JsonKind::none)) {
    return true;
  } else if constexpr (has_elements<Type>) {
    return [&seen]<class... Elements>(TypeList<Elements...>) {
      return (looks_faulty<Elements, is_found && kind_of<Type> != JsonKind::functions>(seen) || ...);
    }(typename ElementsOf<Type>::Types{});
  } else if constexpr (is_fault<decltype(names_fault<Type>())>) {
    return true;
  } else if constexpr (HasKnownFields<Type>) {
    constexpr bool are_found = kind_of<Type> == JsonKind::fields;
    return seen.add<Type, std::bool_constant<are_found>>() && [&seen]<class... Fields>(TypeList<Fields...>) {
      return (looks_faulty<Fields, are_found>(seen) || ...);
    }(FieldTypesOf<Type>{});
  } else {
    return FieldsOf<Type>::has_bases;
  }
}
template <class Type>
inline constexpr bool may_be_faulty = [] {
  StructsSeen seen;
  return looks_faulty<Type, true>(seen) || seen.is_full;
}();

/// What makes a type unfit to be a payload or metadata.
template <class Type>
constexpr auto json_fault() {
  if constexpr (kind_of<Type> != JsonKind::none && !may_be_faulty<Type>) {
    return NoFault{};
  } else if constexpr (kind_of<Type> != JsonKind::none || points_elsewhere<Type> || std::same_as<Type, long double>) {
    return fault_in<Type, Type, true>();
  } else if constexpr (has_elements<Type> || LacksJson<Type> || HasJsonOfBase<Type>) {
    return fault_in<Type, Type, true>();
  } else if constexpr (Written<Type> != Read<Type>) {
    return HasHalfOfJson<Type>{};
  } else if constexpr (std::is_empty_v<Type> && std::default_initializable<Type>) {
    return NoFault{};
  } else if constexpr (std::is_aggregate_v<Type>) {
    return fields_fault<Type>();
  } else {
    return IsUnknown<Type>{};
  }
}

template <class Type>
inline constexpr bool is_storable = !is_fault<decltype(json_fault<Type>())>;

}  // namespace castore::detail

#endif
