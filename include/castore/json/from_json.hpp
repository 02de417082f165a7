// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_FROM_JSON_HPP
#define CASTORE_JSON_FROM_JSON_HPP

/// @file
/// Values of nlohmann_json to those of a program, by the kind of their types: one function for each type of a field.

#include <castore/detail/enumerators.hpp>
#include <castore/detail/fields.hpp>
#include <castore/detail/text.hpp>
#include <castore/json/field_names.hpp>
#include <castore/json/kinds.hpp>
#include <castore/json/standard_types.hpp>
#include <castore/json/text.hpp>
#include <castore/reflection.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
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

template <class Value>
Value from_json_value(const nlohmann::json& json, const ValuePath& path = {});

/// The bits of an integer that JSON may also write as 1.0 or 1e2, as databases do. @throws std::invalid_argument
inline std::uintmax_t integer_from_json(const nlohmann::json& json, std::intmax_t least, std::uintmax_t most,
                                        const ValuePath& path) {
  must_be(json.is_number(), json, "an integer", path);
  bool is_negative = false;
  std::uintmax_t bits = 0;
  bool is_integer = true;
  if (const auto* number = json.get_ptr<const nlohmann::json::number_unsigned_t*>()) {
    bits = *number;
  } else if (const auto* signed_number = json.get_ptr<const nlohmann::json::number_integer_t*>()) {
    is_negative = *signed_number < 0;
    bits = static_cast<std::uintmax_t>(*signed_number);
  } else {
    const double real = json.get<double>();
    is_negative = real < 0;
    is_integer = std::trunc(real) == real && real >= -0x1p63 && real < 0x1p64;
    if (is_integer)
      bits = is_negative ? static_cast<std::uintmax_t>(static_cast<std::intmax_t>(real))
                         : static_cast<std::uintmax_t>(real);
  }
  if (is_integer && (is_negative ? static_cast<std::intmax_t>(bits) >= least : bits <= most)) return bits;
  throw_at(path, "it must be an integer from " + std::to_string(least) + " to " + std::to_string(most) + ", but is " +
                     json.dump());
}
template <class Integer>
Integer integer_from_json(const nlohmann::json& json, const ValuePath& path) {
  if constexpr (std::is_enum_v<Integer>) {
    return static_cast<Integer>(integer_from_json<std::underlying_type_t<Integer>>(json, path));
  } else {
    using Limits = std::numeric_limits<Integer>;
    return static_cast<Integer>(integer_from_json(json, static_cast<std::intmax_t>((Limits::min)()),
                                                  static_cast<std::uintmax_t>((Limits::max)()), path));
  }
}

template <class Enum>
Enum enumerator_from_text(std::string_view text, const ValuePath& path) {
  const EnumTexts& texts = texts_of_enum<Enum>();
  if (const NamedValue* const named = texts.find(text)) {
    return static_cast<Enum>(static_cast<std::underlying_type_t<Enum>>(named->value));
  }
  std::string known;
  for (const NamedValue& value : texts.values()) known.append(known.empty() ? "" : ", ").append(value.name);
  throw_at(path, in_quotes(text) + " is not an enumerator's text; known are: " + known);
}

template <class Key>
Key key_from_text(const std::string& text, const ValuePath& path) {
  if constexpr (kind_of<Key> == JsonKind::enumeration)
    return enumerator_from_text<Key>(text, path);
  else if constexpr (std::is_enum_v<Key>)
    return from_json_value<Key>(nlohmann::json(text), path);
  else
    return Key(text);
}

/// @throws std::invalid_argument naming the field
template <class Value>
Value list_from_json(const nlohmann::json& json, const ValuePath& path) {
  using Element = std::ranges::range_value_t<Value>;
  must_be(json.is_array(), json, "an array", path);
  const auto element_at = [&](std::size_t index) { return from_json_value<Element>(json[index], {&path, {}, index}); };
  if constexpr (Fillable<Value>) {
    Value list;
    if constexpr (requires { list.reserve(json.size()); }) list.reserve(json.size());
    for (std::size_t index = 0; index < json.size(); ++index) {
      if constexpr (requires { list.push_back(element_at(index)); })
        list.push_back(element_at(index));
      else
        list.insert(list.end(), element_at(index));
    }
    if constexpr (requires { typename Value::key_type; }) {
      if (list.size() != json.size()) throw_at(path, "an element occurs twice");
    }
    return list;
  } else {
    std::vector<Element> elements;
    for (std::size_t index = 0; index < json.size(); ++index) elements.push_back(element_at(index));
    return Value(std::make_move_iterator(elements.begin()), std::make_move_iterator(elements.end()));
  }
}

/// @throws std::invalid_argument naming the element
template <class Value>
Value fixed_from_json(const nlohmann::json& json, const ValuePath& path) {
  constexpr std::size_t size = std::tuple_size_v<Value>;
  must_be(json.is_array(), json, "an array", path);
  if (json.size() != size) {
    throw_at(path, "it must have " + std::to_string(size) + " elements, but has " + std::to_string(json.size()));
  }
  const auto element_at = [&]<class Element>(std::type_identity<Element>, std::size_t index) {
    return from_json_value<Element>(json[index], {&path, {}, index});
  };
  if constexpr (std::ranges::range<Value> && std::default_initializable<Value> && std::movable<Value>) {
    using Element = typename Value::value_type;
    Value array{};
    for (std::size_t index = 0; index < size; ++index) array[index] = element_at(std::type_identity<Element>{}, index);
    return array;
  } else {
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      return Value{element_at(std::type_identity<std::tuple_element_t<Index, Value>>{}, Index)...};
    }(std::make_index_sequence<size>{});
  }
}

/// @throws std::invalid_argument naming the member
template <class Value>
Value map_from_json(const nlohmann::json& json, const ValuePath& path) {
  using Key = typename Value::key_type;
  using Mapped = typename Value::mapped_type;
  Value map;
  if constexpr (kind_of<Value> == JsonKind::object) {
    must_be(json.is_object(), json, "an object", path);
    for (const auto& [name, member] : *json.get_ptr<const nlohmann::json::object_t*>()) {
      const ValuePath place{&path, name};
      map.emplace(key_from_text<Key>(name, place), from_json_value<Mapped>(member, place));
    }
  } else {
    must_be(json.is_array(), json, "an array", path);
    for (std::size_t index = 0; index < json.size(); ++index) {
      auto pair = fixed_from_json<std::pair<Key, Mapped>>(json[index], {&path, {}, index});
      map.emplace(std::move(pair.first), std::move(pair.second));
    }
  }
  if (map.size() != json.size()) throw_at(path, "a key occurs twice");
  return map;
}

/// @throws std::invalid_argument naming the field
template <class... Values>
std::variant<Values...> variant_from_json(std::type_identity<std::variant<Values...>>, const nlohmann::json& json,
                                          const ValuePath& path) {
  must_be(json.is_object(), json, "an object", path);
  const auto type = json.find("type");
  const ValuePath type_path{&path, "type"};
  if (type == json.end()) throw_at(type_path, "it is missing");
  must_be(type->is_string(), *type, "a string", type_path);
  const std::string& name = type->get_ref<const std::string&>();
  std::optional<std::variant<Values...>> result;
  const auto try_one = [&]<class Alternative>(std::type_identity<Alternative>) {
    if (name != std::string_view{Alternative::type}) return false;
    if constexpr (has_json<Alternative>) {
      const ValuePath value_path{&path, "value"};
      const auto value = json.find("value");
      if (value == json.end()) throw_at(value_path, "it is missing");
      result.emplace(std::in_place_type<Alternative>, from_json_value<Alternative>(*value, value_path));
    } else {
      result.emplace(std::in_place_type<Alternative>);
    }
    return true;
  };
  if ((try_one(std::type_identity<Values>{}) || ...)) return *std::move(result);
  throw_at(type_path, in_quotes(name) + " is not the type of an alternative");
}

/// The default of a struct for one field.
template <class Field>
typename Field::Value default_of_field() {
  typename Field::Owner object{};
  return use_fields(object, [](auto&... fields) -> typename Field::Value {
    return use_field_types<typename Field::Owner>([&](auto... types) -> typename Field::Value {
      std::optional<typename Field::Value> found;
      const auto look = [&found]<class Type>(auto& field, Type) {
        if constexpr (std::same_as<Type, Field>) found.emplace(std::move(field));
      };
      (look(fields, types), ...);
      return *std::move(found);
    });
  });
}

/// @throws std::invalid_argument naming the field
template <class Value>
Value take_field(const nlohmann::json& json, std::string_view name, const ValuePath& parent) {
  const ValuePath path{&parent, name};
  const auto found = json.find(name);
  if constexpr (kind_of<Value> == JsonKind::optional) {
    if (found == json.end() || found->is_null()) return Value();
    return Value(from_json_value<typename Value::value_type>(*found, path));
  } else {
    if (found == json.end()) throw_at(path, "it is missing");
    return from_json_value<Value>(*found, path);
  }
}
template <class Field>
typename Field::Value take_field_of(const nlohmann::json& json, const ValuePath& parent) {
  if constexpr (is_added_field<Field>()) {
    if (!json.contains(json_name<Field>)) return default_of_field<Field>();
  }
  return take_field<typename Field::Value>(json, json_name<Field>, parent);
}

/// @throws What functions of the program throw; std::invalid_argument naming the field.
template <class Value>
Value from_json_value(const nlohmann::json& json, const ValuePath& path) {
  constexpr JsonKind kind = kind_of<Value>;
  if constexpr (kind == JsonKind::fields) {
    must_be(json.is_object(), json, "an object", path);
    if constexpr (HasAddedFields<Value>) {
      return use_field_types<Value>(
          [&]<class... Fields>(Fields...) { return Value{take_field_of<Fields>(json, path)...}; });
    } else {
      return [&]<class... Types>(TypeList<Types...>) {
        [[maybe_unused]] const std::string_view* name = json_names_of<Value>.data();
        return Value{take_field<Types>(json, *name++, path)...};
      }(FieldTypesOf<Value>{});
    }
  } else if constexpr (kind == JsonKind::codec) {
    return with_path_in_error(path, [&json] { return codec<Value>::decode(json.dump()); });
  } else if constexpr (kind == JsonKind::boolean) {
    must_be(json.is_boolean(), json, "a boolean", path);
    return json.get<bool>();
  } else if constexpr (kind == JsonKind::integer) {
    return integer_from_json<Value>(json, path);
  } else if constexpr (kind == JsonKind::floating) {
    must_be(json.is_number(), json, "a number", path);
    const auto number = json.get<Value>();
    if (!std::isfinite(number)) throw_at(path, "its type does not hold " + json.dump());
    return number;
  } else if constexpr (kind == JsonKind::text) {
    must_be(json.is_string(), json, "a string", path);
    return json.get_ref<const std::string&>();
  } else if constexpr (kind == JsonKind::enumeration) {
    must_be(json.is_string(), json, "a string", path);
    return enumerator_from_text<Value>(json.get_ref<const std::string&>(), path);
  } else if constexpr (kind == JsonKind::optional) {
    return json.is_null() ? Value() : Value(from_json_value<typename Value::value_type>(json, path));
  } else if constexpr (kind == JsonKind::duration) {
    return Value(from_json_value<typename Value::rep>(json, path));
  } else if constexpr (kind == JsonKind::time) {
    must_be(json.is_string(), json, "a string", path);
    return with_path_in_error(
        path, [&json] { return time_from_text<typename Value::duration>(json.get_ref<const std::string&>()); });
  } else if constexpr (kind == JsonKind::list) {
    return list_from_json<Value>(json, path);
  } else if constexpr (kind == JsonKind::fixed) {
    return fixed_from_json<Value>(json, path);
  } else if constexpr (kind == JsonKind::object || kind == JsonKind::pairs) {
    return map_from_json<Value>(json, path);
  } else if constexpr (kind == JsonKind::variant) {
    return variant_from_json(std::type_identity<Value>{}, json, path);
  } else if (!path.parent) {
    return json.get<Value>();
  } else {
    return with_path_in_error(path, [&json] { return json.get<Value>(); });
  }
}

}  // namespace castore::detail

#endif
