// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_KINDS_HPP
#define CASTORE_JSON_KINDS_HPP

/// @file
/// The form in JSON that each type has, as far as the compiler can tell; all code that goes through values asks here.

#include <castore/core/codec.hpp>
#include <castore/core/event.hpp>
#include <castore/detail/fields.hpp>
#include <castore/detail/function_signature.hpp>
#include <castore/detail/type_identity.hpp>
#include <castore/fwd.hpp>
#include <castore/json/standard_types.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace castore::detail {

// --- whose functions convert a type ---

/// Stands for an object of exactly this type: a function for its base class does not take it. Like the next two it is
/// never called; see `InitialiserOf`.
template <class Type>
struct ExactlyA {
  template <class Target>
    requires std::same_as<std::remove_cv_t<Target>, Type>
  operator Target&() const {  // NOLINT(google-explicit-constructor): it stands for an object
    std::abort();
  }
};
/// Stands for an object of any base class of this type, but not of the type itself.
template <class Type>
struct ABaseOf {
  template <class Target>
    requires(std::is_base_of_v<Target, Type> && !std::same_as<std::remove_cv_t<Target>, Type>)
  operator Target&() const {  // NOLINT(google-explicit-constructor): it stands for an object
    std::abort();
  }
};

template <class Type, class StandIn>
concept WrittenAs =
    requires(nlohmann::json& json, const StandIn& value) { nlohmann::adl_serializer<Type>::to_json(json, value); };
template <class Type, class StandIn>
concept ReadAs =
    requires(const nlohmann::json& json, StandIn& value) { nlohmann::adl_serializer<Type>::from_json(json, value); };

template <class Type>
concept Written = requires(const Type& value) { nlohmann::json(value); };
template <class Type>
concept Read = requires(const nlohmann::json& json) {
  { json.get<Type>() } -> std::same_as<Type>;
};

/// Its `to_json` or its `from_json` is that of a base class, and knows nothing of the type's own fields.
template <class Type>
concept HasJsonOfBase =
    std::is_class_v<Type> && !FieldsOf<Type>::are_known &&
    ((WrittenAs<Type, ABaseOf<Type>> && !WrittenAs<Type, ExactlyA<Type>>) ||
     (ReadAs<Type, ABaseOf<Type>> && !ReadAs<Type, ExactlyA<Type>>));

/// An enumeration with texts, e.g. by NLOHMANN_JSON_SERIALIZE_ENUM; others are written as numbers.
template <class Type>
concept EnumWithTexts = std::is_enum_v<Type> && WrittenAs<Type, ExactlyA<Type>>;

// --- what a type consists of ---

/// The types of a type's elements.
template <class Type>
struct ElementsOf {
  using Types = TypeList<>;
};
template <class Type>
  requires(std::ranges::range<const Type> && !std::same_as<std::ranges::range_value_t<const Type>, Type>)
struct ElementsOf<Type> {
  using Types = TypeList<std::ranges::range_value_t<const Type>>;
};
template <class... Elements>
struct ElementsOf<std::tuple<Elements...>> {
  using Types = TypeList<Elements...>;
};
template <class First, class Second>
struct ElementsOf<std::pair<First, Second>> {
  using Types = TypeList<std::remove_const_t<First>, Second>;
};
template <class Value>
struct ElementsOf<std::optional<Value>> {
  using Types = TypeList<Value>;
};
template <class... Values>
struct ElementsOf<std::variant<Values...>> {
  using Types = TypeList<Values...>;
};
template <class Rep, class Period>
struct ElementsOf<std::chrono::duration<Rep, Period>> {
  using Types = TypeList<Rep>;
};

template <class Type>
inline constexpr bool has_elements = !std::same_as<typename ElementsOf<Type>::Types, TypeList<>>;

/// Types that are what they are: nothing in them needs a look.
template <class Type>
inline constexpr bool is_plain_value =
    ((std::is_arithmetic_v<Type> || std::is_enum_v<Type>)&&!std::is_volatile_v<Type>) ||
    std::same_as<Type, std::string> || std::same_as<Type, nlohmann::json>;

/// It has no JSON form, and the program did not give it one.
template <class Type>
concept LacksJson = has_no_json<Type> && requires { nlohmann::adl_serializer<Type>::is_of_castore; };

/// A struct without JSON functions whose fields the compiler finds; one without fields is an object without members.
template <class Type>
concept FoundStruct = !has_elements<Type> && HasKnownFields<Type> && !std::same_as<Type, std::monostate> &&
                      !LacksJson<Type> && !Written<Type> && !Read<Type> && !HasJsonOfBase<Type>;
template <class Type>
concept PlainStruct = FoundStruct<Type> && !std::is_empty_v<Type>;

/// A container with fields besides, which nlohmann_json would not write.
template <class Type>
concept ContainerWithFields = has_elements<Type> && !requires {
  std::tuple_size<Type>::value;
} && FieldsOf<Type>::has_bases && FieldsOf<Type>::count > 1 && !WrittenAs<Type, ExactlyA<Type>>;

/// The structs that a look into a type came by, which may hold themselves. A list in an array, as one in the arguments
/// of templates makes another template of each way to a struct.
struct StructsSeen {
  std::array<const void*, 256> structs{};
  std::size_t count = 0;
  bool is_full = false;

  /// @return False when it was there already.
  template <class... Types>
  constexpr bool add() {
    for (std::size_t index = 0; index < count; ++index) {
      if (structs[index] == &type_identity_tag<TypeList<Types...>>) return false;
    }
    is_full = count == structs.size();
    if (!is_full) structs[count++] = &type_identity_tag<TypeList<Types...>>;
    return !is_full;
  }
};

// --- the forms ---

enum class JsonKind {
  none,       // it has no form
  codec,      // what a castore::codec of the program makes of it
  functions,  // what nlohmann_json makes of it, by functions of the program or its own
  boolean,
  integer,
  floating,
  text,
  enumeration,  // its enumerator's text
  optional,     // null, or left out as a field
  duration,     // its count
  time,         // ISO 8601
  list,         // an array of any length
  fixed,        // an array of one length
  object,       // a map as an object
  pairs,        // a map as an array of pairs
  variant,      // an object that names the type
  fields        // an object of its fields
};

/// The program has specialised castore::codec for it.
template <class Type>
concept HasOwnCodec = (std::is_class_v<Type> || std::is_enum_v<Type>)&&!is_optional<Type> &&
                      !requires { codec<Type>::explain(); } && requires { sizeof(codec<Type>); };

/// It has JSON functions for exactly this type that are not the library's.
template <class Type>
concept ConvertsItself = WrittenAs<Type, ExactlyA<Type>> && JsonConvertible<Type> &&
                         !requires { nlohmann::adl_serializer<Type>::is_of_castore; };

template <class Type>
inline constexpr bool is_fixed = false;
template <class Value, std::size_t size>
inline constexpr bool is_fixed<std::array<Value, size>> = true;
template <class First, class Second>
inline constexpr bool is_fixed<std::pair<First, Second>> = true;
template <class... Elements>
inline constexpr bool is_fixed<std::tuple<Elements...>> = true;

/// All alternatives say their type, as payloads do.
template <class Type>
inline constexpr bool is_typed_variant = false;
template <class... Values>
inline constexpr bool is_typed_variant<std::variant<Values...>> = (HasType<Values> && ...);

template <class Type>
inline constexpr bool is_variant = false;
template <class... Values>
inline constexpr bool is_variant<std::variant<Values...>> = true;

template <class Type>
concept MapLike = requires(Type& map, typename Type::key_type key, typename Type::mapped_type value) {
  map.emplace(std::move(key), std::move(value));
};
/// Its keys are members of an object: each once, and texts or enumerators.
template <class Type>
concept ObjectLike =
    MapLike<Type> && requires(Type& map, typename Type::value_type pair) { map.insert(pair).second; } &&
    (std::is_enum_v<typename Type::key_type> || (std::constructible_from<std::string, const typename Type::key_type&> &&
                                                 std::constructible_from<typename Type::key_type, std::string>));

template <class Type>
concept TextLike =
    std::is_convertible_v<const Type&, std::string_view> || std::constructible_from<std::string, const Type&>;

template <class Type>
concept Fillable =
    std::default_initializable<Type> &&
    (
        requires(Type& list, std::ranges::range_value_t<Type> value) { list.push_back(std::move(value)); } ||
        requires(Type& list, std::ranges::range_value_t<Type> value) { list.insert(list.end(), std::move(value)); });
template <class Type>
concept MadeOfElements =
    std::constructible_from<Type, std::ranges::range_value_t<Type>*, std::ranges::range_value_t<Type>*>;

template <class Type>
constexpr JsonKind find_kind() {
  using enum JsonKind;
  if constexpr (std::is_volatile_v<Type>) {
    return none;
  } else if constexpr (HasOwnCodec<Type>) {
    return codec;
  } else if constexpr (std::same_as<Type, bool>) {
    return boolean;
  } else if constexpr (std::integral<Type> || std::same_as<Type, std::byte>) {
    return integer;
  } else if constexpr (std::same_as<Type, float> || std::same_as<Type, double>) {
    return floating;
  } else if constexpr (std::same_as<Type, std::string>) {
    return text;
  } else if constexpr (std::is_enum_v<Type>) {
    return EnumWithTexts<Type> ? functions : enumeration;
  } else if constexpr (!std::is_class_v<Type>) {
    return none;
  } else if constexpr (has_elements<Type> || is_duration<Type> || is_system_time<Type>) {
    if constexpr (ConvertsItself<Type> && !std::same_as<Type, std::vector<bool>>)
      return functions;
    else if constexpr (is_optional<Type>)
      return optional;
    else if constexpr (is_duration<Type>)
      return duration;
    else if constexpr (is_system_time<Type>)
      return time;
    else if constexpr (is_fixed<Type>)
      return fixed;
    else if constexpr (is_variant<Type>)
      return is_typed_variant<Type> ? variant : none;
    else if constexpr (LacksJson<Type> || ContainerWithFields<Type>)
      return none;
    else if constexpr (ObjectLike<Type>)
      return object;
    else if constexpr (MapLike<Type>)
      return pairs;
    else if constexpr ((Fillable<Type> || MadeOfElements<Type>)&&!TextLike<Type>)
      return list;
    else
      return JsonConvertible<Type> ? functions : none;
  } else if constexpr (LacksJson<Type> || HasJsonOfBase<Type>) {
    return none;
  } else if constexpr (JsonConvertible<Type>) {
    return functions;
  } else {
    return FoundStruct<Type> ? fields : none;
  }
}
template <class Type>
inline constexpr JsonKind kind_of = find_kind<Type>();

/// False for types without fields, which are not JSON at all as payloads.
template <class Type>
inline constexpr bool has_json =
    kind_of<Type> != JsonKind::none && !(kind_of<Type> == JsonKind::fields && std::is_empty_v<Type>);

}  // namespace castore::detail

#endif
