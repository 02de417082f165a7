// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_COMES_BACK_HPP
#define CASTORE_JSON_COMES_BACK_HPP

/// @file
/// Whether a value comes back from its JSON as it was; and values to text and back.

#include <castore/core/aggregate.hpp>
#include <castore/core/event.hpp>
#include <castore/detail/fields.hpp>
#include <castore/detail/function_signature.hpp>
#include <castore/detail/text.hpp>
#include <castore/json/field_names.hpp>
#include <castore/json/kinds.hpp>
#include <castore/json/text.hpp>
#include <castore/json/values.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

namespace castore::detail {

/// Containers that take each key once, or have no keys.
template <class Type>
inline constexpr bool keeps_all_elements = !requires {
  typename Type::mapped_type;
} || requires(Type& map, typename Type::value_type value) { map.insert(value).second; };

/// All that it consists of comes back as it was.
template <class Type>
constexpr bool looks_exact(StructsSeen& seen) {
  const auto are_exact = [&seen]<class... Elements>(TypeList<Elements...>) {
    return (looks_exact<Elements>(seen) && ...);
  };
  if constexpr (kind_of<Type> == JsonKind::codec) {
    return false;
  } else if constexpr (std::is_enum_v<Type>) {
    return !EnumWithTexts<Type>;
  } else if constexpr (is_plain_value<Type> || is_system_time<Type>) {
    return true;
  } else if constexpr (is_optional<Type>) {  // null is none
    using Value = typename Type::value_type;
    return !std::same_as<Value, nlohmann::json> && !is_optional<Value> && looks_exact<Value>(seen);
  } else if constexpr (has_elements<Type>) {
    return !ConvertsItself<Type> && keeps_all_elements<Type> && are_exact(typename ElementsOf<Type>::Types{});
  } else if constexpr (kind_of<Type> == JsonKind::fields) {
    return !seen.add<Type>() || are_exact(FieldTypesOf<Type>{});
  } else {
    return false;
  }
}
/// Types whose values come back as they were, whatever they are.
template <class Type>
inline constexpr bool is_exact = [] {
  StructsSeen seen;
  return looks_exact<Type>(seen) && !seen.is_full;
}();

/// Types that can be asked for equality, also where `==` is declared for any elements.
template <class Type, class... Seen>
constexpr bool is_comparable() {
  if constexpr ((std::same_as<Type, Seen> || ...)) {
    return true;
  } else if constexpr (!std::equality_comparable<Type>) {
    return false;
  } else {
    return []<class... Elements>(TypeList<Elements...>) {
      return (is_comparable<Elements, Type, Seen...>() && ...);
    }(typename ElementsOf<Type>::Types{});
  }
}

template <class Type>
constexpr bool looks_changeable(StructsSeen& seen) {
  const auto ask = [&seen]<class... Types>(TypeList<Types...>) { return (looks_changeable<Types>(seen) || ...); };
  if constexpr (is_exact<Type>) {
    return false;
  } else if constexpr (kind_of<Type> == JsonKind::fields || (HasKnownFields<Type> && !is_comparable<Type>())) {
    return seen.add<Type>() && ask(FieldTypesOf<Type>{});
  } else {
    return is_comparable<Type>() || ask(typename ElementsOf<Type>::Types{});
  }
}
/// Types of which some part may come back changed, and can be asked whether it did.
template <class Type>
inline constexpr bool must_be_asked = [] {
  StructsSeen seen;
  return looks_changeable<Type>(seen) || seen.is_full;
}();

template <class Type>
concept OrderedElements = std::ranges::forward_range<const Type> && !requires { typename Type::hasher; };

/// The way to the first part that is not equal; empty text for the whole. Nothing when all that can be asked is equal.
template <class Value>
std::optional<std::string> find_difference(const Value& value, const Value& other, const ValuePath& path = {}) {
  std::optional<std::string> found;
  if constexpr (is_comparable<Value>()) {
    if (value == other) return found;
    found = path.text();
  }
  if constexpr (!has_elements<Value> && HasKnownFields<Value>) {
    std::optional<std::string> in_field;
    const auto look = [&]<class Field>(std::string_view name, const Field& left, const Field& right) {
      if (!in_field) in_field = find_difference(left, right, {&path, name});
    };
    use_fields(value, [&](const auto&... left) {
      use_fields(other, [&](const auto&... right) {
        static constexpr auto names = FieldsFound<Value>::names();
        [[maybe_unused]] const std::string_view* name = names.data();
        (look(*name++, left, right), ...);
      });
    });
    if (in_field) return in_field;
  } else if constexpr (is_optional<Value>) {
    if (value && other) return find_difference(*value, *other, path);
    if (value || other) return path.text();
  } else if constexpr (OrderedElements<Value> && has_elements<Value>) {
    std::size_t index = 0;
    auto right = std::ranges::begin(other);
    const auto end = std::ranges::end(other);
    for (const auto& left : value) {
      if (right == end) return path.text();
      if (auto in_element = find_difference(left, *right, {&path, {}, index})) return in_element;
      ++right;
      ++index;
    }
    if (!found && right != end) return path.text();
  } else if constexpr (is_variant<Value>) {
    if (value.index() != other.index()) return path.text();
    return std::visit(
        [&]<class Alternative>(const Alternative& left) {
          return find_difference(left, *std::get_if<Alternative>(&other), path);
        },
        value);
  } else if constexpr (requires {
                         value.first;
                         value.second;
                       }) {
    if (auto in_first = find_difference(value.first, other.first, path)) return in_first;
    if (auto in_second = find_difference(value.second, other.second, path)) return in_second;
  }
  return found;
}

[[noreturn]] inline void throw_changed(const ValuePath& path, const std::string& difference) {
  const std::string before = path.text();
  const std::string between = before.empty() || difference.empty() || difference.front() == '[' ? "" : ".";
  throw_at(before + between + difference,
           "it does not come back from JSON as it was (does NLOHMANN_JSON_SERIALIZE_ENUM list each enumerator, does "
           "to_json write each field?)");
}

/// Refuses a value that its JSON would change. Equality is asked where it can be and where something may be lost; what
/// the library itself converts is exact.
/// @throws std::invalid_argument naming the field
template <class Value>
void check_comes_back(const Value& value, const nlohmann::json& json, const ValuePath& path = {}) {
  if constexpr (!must_be_asked<Value>) {
    return;
  } else if constexpr (kind_of<Value> == JsonKind::fields) {
    const auto check_field = [&]<class Field>(std::string_view name, const Field& field) {
      if constexpr (must_be_asked<Field>) {
        const ValuePath place{&path, name};
        const auto found = json.find(name);
        if constexpr (kind_of<Field> == JsonKind::optional) {
          if (!field) return;
          if (found == json.end() || found->is_null()) throw_changed(place, {});  // read as nothing
          check_comes_back(*field, *found, place);
        } else {
          check_comes_back(field, *found, place);
        }
      }
    };
    use_fields(value, [&](const auto&... fields) {
      [[maybe_unused]] const std::string_view* name = json_names_of<Value>.data();
      (check_field(*name++, fields), ...);
    });
  } else {
    std::optional<std::string> difference;
    try {
      Value back = from_json_value<Value>(json);
      if constexpr (AggregateLike<Value> && !EventPayload<Value>) {  // the library keeps these two
        back.aggregate_id = value.aggregate_id;
        back.version = value.version;
      }
      difference = find_difference(value, back);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      throw_at(path, std::string{"its JSON cannot be read back: "} + error.what());
    }
    if (difference) throw_changed(path, *difference);
  }
}

/// JSON text from which the value comes back. @throws std::invalid_argument naming the field, what its functions throw
template <class Value>
std::string encode_json(const Value& value) {
  const nlohmann::json json = to_json_value(value);
  std::string text = json_to_text(json);
  check_comes_back(value, json);
  return text;
}

/// @throws std::invalid_argument, what nlohmann_json and the type's functions throw
template <class Value>
Value decode_json(std::string_view text) {
  if (text.empty()) {
    throw std::invalid_argument{
        "the stored event has none, and this type needs one (metadata: declare it as "
        "std::optional<M> when some events have none)"};
  }
  return from_json_value<Value>(text_to_json(text));
}

}  // namespace castore::detail

#endif
