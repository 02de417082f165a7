// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_FIELD_FAULTS_HPP
#define CASTORE_DETAIL_FIELD_FAULTS_HPP

/// @file
/// Why the fields of a type are not found, and what to write instead: one error, which names the type and the field.

#include <castore/detail/fault.hpp>
#include <castore/detail/fields.hpp>

#include <cstddef>
#include <cstdlib>
#include <type_traits>
#include <utility>

namespace castore::detail {

template <class Type>
struct IsNoPlainStruct {
  static constexpr bool explain() {
    static_assert(
        never<Type>,
        "castore: the compiler finds the fields of structs only; make this one with public members alone, without "
        "constructors and virtual functions");
    return false;
  }
};
template <class Type>
struct HasTooManyFields {
  static constexpr bool explain() {
    static_assert(
        never<Type>,
        "castore: this struct has more than 128 fields, or references; put some of them into structs of their own");
    return false;
  }
};
template <class Type>
struct HasBaseClass {
  static constexpr bool explain() {
    static_assert(
        never<Type>,
        "castore: this struct has a base class, so its fields are not found; make them all its own (an aggregate "
        "has `std::string aggregate_id; castore::Version version = 0;` instead of castore::Aggregate), or write "
        "in it NLOHMANN_DEFINE_TYPE_INTRUSIVE(TheType, all, fields)");
    return false;
  }
};
template <class Field>
struct IsCArray {
  static constexpr bool explain() {
    static_assert(never<Field>,
                  "castore: this field is a C array, which has no form; write std::array for it, or "
                  "std::string for text");
    return false;
  }
};
/// Whatever has no address or no name of its own is told by its number.
template <class Owner, std::size_t number>
struct IsUnion {
  static constexpr bool explain() {
    static_assert(never<Owner>,
                  "castore: the field of this number is a union, which does not say what it holds; write "
                  "std::variant for it");
    return false;
  }
};
template <class Owner, std::size_t number>
struct IsReference {
  static constexpr bool explain() {
    static_assert(never<Owner>,
                  "castore: the field of this number is a reference, whose object is gone when it is loaded; "
                  "write a value for it");
    return false;
  }
};
template <class Owner, std::size_t number>
struct IsVolatile {
  static constexpr bool explain() {
    static_assert(never<Owner>,
                  "castore: the field of this number is volatile, so it may change while it is stored; leave the word "
                  "out");
    return false;
  }
};
template <class Type>
struct HasFieldWithoutPlace {
  static constexpr bool explain() {
    static_assert(never<Type>,
                  "castore: a field of this struct is a bit-field or a reference, which has no place of its "
                  "own; leave out the number of bits, and write a value for a reference");
    return false;
  }
};

/// Stands for an object that a reference refers to.
struct AnyObject {
  template <class Type>
  operator Type&() const {  // NOLINT(google-explicit-constructor): it stands for an object
    std::abort();
  }
};
/// The number of the only field that is a reference, from 1; 0 when it is not found.
template <class Type, std::size_t count = 1, std::size_t index = 0>
constexpr std::size_t find_reference() {
  if constexpr (count > 16)
    return 0;
  else if constexpr (is_initialised_by<Type, index, count - 1 - index, AnyObject>)
    return index + 1;
  else if constexpr (index + 1 == count)
    return find_reference<Type, count + 1>();
  else
    return find_reference<Type, count, index + 1>();
}

/// How many initialisers a C array takes that begins at an index.
template <class Type, std::size_t index>
constexpr std::size_t array_size() {
  constexpr std::size_t after = FieldsOf<Type>::count - 1 - index;
  return after + 1 - []<std::size_t... Fewer>(std::index_sequence<Fewer...>) {
    std::size_t most = 0;
    ((takes_none_at<Type, index, Fewer> ? static_cast<void>(most = Fewer) : static_cast<void>(0)), ...);
    return most;
  }(std::make_index_sequence<after>{});
}

struct ArrayPlace {
  std::size_t fields = 0;  ///< How many fields there are.
  std::size_t first = 0;   ///< Which of them is the first C array.
  bool is_found = false;
};
template <class Type, std::size_t index = 0>
constexpr ArrayPlace find_array(ArrayPlace place = {}) {
  if constexpr (index >= FieldsOf<Type>::count) {
    return place;
  } else if constexpr (begins_array<Type, index, FieldsOf<Type>::count - 1 - index>()) {
    if (!place.is_found) place.first = place.fields;
    return find_array<Type, index + array_size<Type, index>()>({place.fields + 1, place.first, true});
  } else {
    return find_array<Type, index + 1>({place.fields + 1, place.first, place.is_found});
  }
}

/// What stands in the way; only for types whose fields are not known.
template <class Type>
constexpr auto fields_fault() {
  if constexpr (!std::is_class_v<Type> || !std::is_aggregate_v<Type>) {
    return IsNoPlainStruct<Type>{};
  } else if constexpr (FieldsOf<Type>::count > max_fields) {
    if constexpr (is_initialised_by<Type, max_fields + 1, 0>)
      return HasTooManyFields<Type>{};
    else if constexpr (find_reference<Type>() > 0)
      return IsReference<Type, find_reference<Type>()>{};
    else
      return HasTooManyFields<Type>{};
  } else if constexpr (FieldsOf<Type>::has_bases) {
    return HasBaseClass<Type>{};
  } else if constexpr (FieldsOf<Type>::has_arrays) {
    constexpr ArrayPlace place = find_array<Type>();
    return IsCArray<FieldAt<Type, place.first, place.fields>>{};
  } else if constexpr (FieldsOf<Type>::first_union > 0) {
    return IsUnion<Type, FieldsOf<Type>::first_union>{};
  } else if constexpr (FieldsOf<Type>::are_known && first_volatile<decltype(address_fields<Type>())> > 0) {
    return IsVolatile<Type, first_volatile<decltype(address_fields<Type>())>>{};
  } else if constexpr (FieldsOf<Type>::are_known) {
    return HasFieldWithoutPlace<Type>{};
  } else {
    return IsNoPlainStruct<Type>{};
  }
}

}  // namespace castore::detail

#endif
