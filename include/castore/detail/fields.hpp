// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_FIELDS_HPP
#define CASTORE_DETAIL_FIELDS_HPP

/// @file
/// The fields of a plain struct as the compiler knows them: how many, of which types, their names.

#include <castore/detail/field_bindings.hpp>
#include <castore/detail/function_signature.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace castore::detail {

inline constexpr std::size_t max_fields = 128;

/// Takes the place of any initialiser; `Accepts` says of which types. It is never called, and has a body for Clang, which
/// asks for one where the type has no linkage; not constexpr, as GCC would look for its value.
template <template <class> class Accepts, bool accepts = true>
struct InitialiserOf {
  template <class Type>
    requires(Accepts<Type>::value == accepts)
  operator Type() const {  // NOLINT(google-explicit-constructor): it stands for a value
    std::abort();
  }
};
template <class>
using AcceptsAll = std::true_type;
template <class>
using AcceptsNone = std::false_type;
using AnyInitialiser = InitialiserOf<AcceptsAll>;

template <std::size_t, class Initialiser>
using InitialiserAt = Initialiser;
template <std::size_t index>
using AnyInitialiserAt = InitialiserAt<index, AnyInitialiser>;

template <class Type, std::size_t... Before, std::size_t... After, class... Middle>
constexpr bool can_initialise(std::index_sequence<Before...>, std::index_sequence<After...>, TypeList<Middle...>) {
  return requires { Type{AnyInitialiserAt<Before>{}..., Middle{}..., AnyInitialiserAt<After>{}...}; };
}
template <class Type, std::size_t before, std::size_t after, class... Middle>
inline constexpr bool is_initialised_by = can_initialise<Type>(std::make_index_sequence<before>{},
                                                               std::make_index_sequence<after>{}, TypeList<Middle...>{});

/// The most initialisers that are taken, between a number that is and one that is not.
template <class Type, std::size_t taken, std::size_t refused>
constexpr std::size_t most_initialisers() {
  constexpr std::size_t middle = taken + (refused - taken) / 2;
  if constexpr (middle == taken)
    return taken;
  else if constexpr (is_initialised_by<Type, middle, 0>)
    return most_initialisers<Type, middle, refused>();
  else
    return most_initialisers<Type, taken, middle>();
}

/// How many initialisers an aggregate takes; more than `max_fields` when that cannot be told. The numbers that it takes are
/// one range: fewer where the fields that are left out have no default. It is climbed in steps that grow.
template <class Type, std::size_t count = 0, std::size_t taken = max_fields + 2>
constexpr std::size_t count_initialisers() {
  if constexpr (count > max_fields + 1) {
    return count;
  } else if constexpr (is_initialised_by<Type, count, 0>) {
    constexpr std::size_t next = count < 8 ? count + 1 : 2 * count;
    constexpr std::size_t last = max_fields + 1;
    return count_initialisers<Type, count == last ? last + 1 : (next < last ? next : last), count>();
  } else if constexpr (taken < count) {
    return most_initialisers<Type, taken, count>();
  } else {
    return count_initialisers<Type, count + 1>();
  }
}

/// Stands for a value of a base class.
template <class Type>
struct BasesOf {
  template <class Base>
  using Includes = std::bool_constant<std::is_base_of_v<Base, Type> && !std::same_as<Base, Type>>;
};

template <class Type, std::size_t... Before, std::size_t... After>
constexpr bool can_leave_out(std::index_sequence<Before...>, std::index_sequence<After...>) {
  return requires { Type{AnyInitialiserAt<Before>{}..., {}, AnyInitialiserAt<After>{}...}; };
}
template <class Type, std::size_t before, std::size_t after>
inline constexpr bool takes_none_at =
    can_leave_out<Type>(std::make_index_sequence<before>{}, std::make_index_sequence<after>{});

/// True when the initialiser at an index is that of an array's first element: left out, it leaves out the others, too.
template <class Type, std::size_t index, std::size_t after>
constexpr bool begins_array() {
  if constexpr (takes_none_at<Type, index, after>) {
    return false;
  } else {
    return []<std::size_t... Fewer>(std::index_sequence<Fewer...>) {
      return (takes_none_at<Type, index, Fewer> || ...);
    }(std::make_index_sequence<after>{});
  }
}

/// True when each initialiser is one field, and none of a union: without braces in between, parentheses make neither an
/// array nor a union of an initialiser. One of these questions in place of two for each field.
template <class Type, std::size_t... Index>
constexpr bool has_one_field_each(std::index_sequence<Index...>) {
  if constexpr (sizeof...(Index) > 1)
    return requires { Type(InitialiserAt<Index, InitialiserOf<std::is_union, false>>{}...); };
  else
    return false;  // of one initialiser parentheses would make the whole
}

/// What the compiler knows of the fields of a type.
template <class Type>
struct FieldsOf {
  static constexpr std::size_t count = 0;
  static constexpr bool has_bases = false;
  static constexpr bool has_arrays = false;
  static constexpr bool are_known = false;
};
template <class Type>
  requires(std::is_class_v<Type> && std::is_aggregate_v<Type> && !requires { std::tuple_size<Type>::value; })
struct FieldsOf<Type> {
  static constexpr std::size_t count = count_initialisers<Type>();
  static constexpr bool is_counted = count <= max_fields && (count > 0 || std::is_empty_v<Type>);
  static constexpr bool has_bases = [] {
    if constexpr (!is_counted || count == 0) return false;
    else return is_initialised_by<Type, 0, count - 1, InitialiserOf<BasesOf<Type>::template Includes>> &&
                !is_initialised_by<Type, 0, count - 1, InitialiserOf<AcceptsNone>>;  // as a std::any would be
  }();
  static constexpr bool is_one_each = [] {
    if constexpr (!is_counted || has_bases) return false;
    else return has_one_field_each<Type>(std::make_index_sequence<count>{});
  }();
  static constexpr bool has_arrays = [] {
    if constexpr (!is_counted || has_bases || is_one_each) return false;
    else return []<std::size_t... Index>(std::index_sequence<Index...>) {
      return (begins_array<Type, Index, count - 1 - Index>() || ...);
    }(std::make_index_sequence<count>{});
  }();
  /// The number of the first field that is a union, which may have no name; from 1, 0 for none.
  static constexpr std::size_t first_union = [] {
    if constexpr (!is_counted || has_bases || has_arrays || is_one_each)
      return std::size_t{0};
    else
      return []<std::size_t... Index>(std::index_sequence<Index...>) {
        std::size_t number = 0;
        static_cast<void>(((is_initialised_by<Type, Index, count - 1 - Index, InitialiserOf<std::is_union>> &&
                            !is_initialised_by<Type, Index, count - 1 - Index, InitialiserOf<AcceptsNone>> &&
                            (number = Index + 1) > 0) ||
                           ...));
        return number;
      }(std::make_index_sequence<count>{});
  }();
  /// They can be visited.
  static constexpr bool are_known = is_counted && !has_bases && !has_arrays && first_union == 0;
};

/// Calls `use(fields...)`.
template <class Type, class Function>
  requires FieldsOf<std::remove_const_t<Type>>::are_known
constexpr decltype(auto) use_fields(Type& object, const Function& use) {
  return bind_fields(object, FieldCount<FieldsOf<std::remove_const_t<Type>>::count>{}, use);
}

/// True when what an aggregate takes at an index is of an accepted type, though it may have no name. A class that can be
/// made of an accepted type (as std::any) also takes an initialiser of all others, by itself: were it its parts that do,
/// there were room for one initialiser more.
template <class Type, std::size_t index, template <class> class Accepts>
constexpr bool takes_at() {
  constexpr std::size_t after = FieldsOf<Type>::count - 1 - index;
  return is_initialised_by<Type, index, after, InitialiserOf<Accepts>> &&
         (!is_initialised_by<Type, index, after, InitialiserOf<Accepts, false>> ||
          is_initialised_by<Type, index, after + 1, InitialiserOf<Accepts, false>>);
}

/// An object that is never made: its parts have types and addresses, by which the compiler knows their names.
template <class Type>
struct Unmade {
  Type object;
};
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-internal"
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
template <class Type>
extern const Unmade<Type> unmade;

/// In a class, as Clang before 18 takes the address of a part of an object for a template's argument only there.
template <class Type>
struct FieldAddress {
  const Type* value;
};

/// The addresses of all fields. A std::tuple of as many instantiates far more for each of them.
template <std::size_t, class Type>
struct IndexedAddress : FieldAddress<Type> {};
template <class Indices, class... Types>
struct AddressList;
template <std::size_t... Index, class... Types>
struct AddressList<std::index_sequence<Index...>, Types...> : IndexedAddress<Index, Types>... {};

template <class Owner, std::size_t count = FieldsOf<Owner>::count>
constexpr auto address_fields() {
  return bind_fields(unmade<Owner>.object, FieldCount<count>{}, [](const auto&... fields) {
    return AddressList<std::make_index_sequence<count>,
                       std::remove_const_t<std::remove_reference_t<decltype(fields)>>...>{{{&fields}}...};
  });
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

template <auto>
struct IsConstant;
/// False for bit-fields and references, which have no address of their own.
template <class Owner>
concept HasAddresses = requires { typename IsConstant<address_fields<Owner>()>; };

/// The number of the first field that is volatile, from 1; 0 for none.
template <class Addresses>
inline constexpr std::size_t first_volatile = 0;
template <class Indices, class... Types>
inline constexpr std::size_t first_volatile<AddressList<Indices, Types...>> = [] {
  std::size_t number = 0;
  return ((++number, std::is_volatile_v<Types>) || ...) ? number : std::size_t{0};
}();

template <class Owner>
constexpr bool have_addresses() {
  if constexpr (FieldsOf<Owner>::are_known)
    return first_volatile<decltype(address_fields<Owner>())> == 0 && HasAddresses<Owner>;
  return false;
}

/// A struct whose fields have names and types: all public, without base classes, C arrays, bit-fields and references.
template <class Type>
concept HasKnownFields = have_addresses<std::remove_const_t<Type>>();

/// The last name in the text of a field's address: `...&unmade<Owner>.object.name}]`, with more brackets by GCC.
template <class Type, FieldAddress<Type> address>
constexpr std::string_view name_of_field() {
  constexpr std::string_view text{__PRETTY_FUNCTION__, sizeof(__PRETTY_FUNCTION__) - 1};  // counting it takes longest
  constexpr auto is_of_name = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '_' || letter == '$' || static_cast<signed char>(letter) < 0;
  };
  std::size_t end = text.rfind('}');
  while (!is_of_name(text[end - 1])) --end;
  std::size_t begin = end;
  while (is_of_name(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

/// One field of a type. A compiler's error shows it with its type and its name.
template <class OwnerType, class Type, FieldAddress<Type> address>
struct Field {
  using Owner = OwnerType;
  using Value = Type;
  static constexpr std::string_view name = name_of_field<Type, address>();

  /// Whether a pointer to a member points to this field.
  template <class Member>
  static constexpr bool is_at(Member OwnerType::*member) {
    if constexpr (std::same_as<std::remove_const_t<Member>, Type>)
      return &(unmade<Owner>.object.*member) == address.value;
    else
      return false;
  }
};

/// All fields, found at once: what is done for each of them is done for each pair of them otherwise.
template <class Owner, std::size_t count, class Addresses>
struct FoundFields;
template <class Owner, std::size_t count, std::size_t... Index, class... FieldTypes>
struct FoundFields<Owner, count, AddressList<std::index_sequence<Index...>, FieldTypes...>> {
  /// No object keeps the addresses: it would be compiled, and need the object that is never made.
  template <std::size_t index, class Type>
  static constexpr FieldAddress<Type> address() {
    return static_cast<const IndexedAddress<index, Type>&>(address_fields<Owner, count>());
  }

  using Types = TypeList<FieldTypes...>;
  using Fields = TypeList<Field<Owner, FieldTypes, address<Index, FieldTypes>()>...>;
  static constexpr std::array<std::string_view, count> names() {
    return {name_of_field<FieldTypes, address<Index, FieldTypes>()>()...};
  }
};
template <class Owner, std::size_t count = FieldsOf<Owner>::count>
using FieldsFound = FoundFields<Owner, count, decltype(address_fields<Owner, count>())>;

/// One of the fields, for where one alone is asked for.
template <class Owner, std::size_t index, std::size_t count = FieldsOf<Owner>::count>
using FieldAt = typename FieldsFound<Owner, count>::Fields::template At<index>;

/// The types of all fields.
template <HasKnownFields Owner>
using FieldTypesOf = typename FieldsFound<Owner>::Types;

/// Calls `use(Field...)` with an object of each field's type `Field`.
template <HasKnownFields Owner, class Function>
constexpr decltype(auto) use_field_types(const Function& use) {
  return [&use]<class... Fields>(TypeList<Fields...>) -> decltype(auto) {
    return use(Fields{}...);
  }(typename FieldsFound<Owner>::Fields{});
}

}  // namespace castore::detail

#endif
