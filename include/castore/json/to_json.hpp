// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_TO_JSON_HPP
#define CASTORE_JSON_TO_JSON_HPP

/// @file
/// A program's values to those of nlohmann_json, by the kind of their types: one function for each type of a field.

#include <castore/detail/enumerators.hpp>
#include <castore/detail/fields.hpp>
#include <castore/json/field_names.hpp>
#include <castore/json/kinds.hpp>
#include <castore/json/standard_types.hpp>
#include <castore/json/text.hpp>
#include <castore/reflection.hpp>

#include <nlohmann/json.hpp>

#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace castore::detail {

template <class Value>
nlohmann::json to_json_value(const Value& value, const ValuePath& path = {});

template <class Enum>
std::string enumerator_text(Enum value, const ValuePath& path) {
  const NamedValue* const named = texts_of_enum<Enum>().find(bits_of(value));
  if (named) return std::string{named->name};
  throw_at(path, "its enumeration has no name for the value " +
                     std::to_string(static_cast<std::underlying_type_t<Enum>>(value)) +
                     " (where it is an enumerator, give it one by castore::enum_names)");
}

template <class Key>
std::string key_text(const Key& key, const ValuePath& path) {
  if constexpr (std::is_enum_v<Key>) {
    const nlohmann::json json = to_json_value(key, path);
    must_be(json.is_string(), json, "a string", path);
    return json.get<std::string>();
  } else {
    return std::string(key);
  }
}

template <class Value>
nlohmann::json elements_to_json(const Value& value, const ValuePath& path) {
  nlohmann::json::array_t array;
  const auto add = [&]<class Element>(const Element& element) {
    array.push_back(to_json_value(element, {&path, {}, array.size()}));
  };
  if constexpr (std::ranges::range<const Value>) {
    using Element = std::ranges::range_value_t<const Value>;
    for (const Element& element : value) add(element);
  } else {
    std::apply([&](const auto&... elements) { (add(elements), ...); }, value);
  }
  return nlohmann::json(std::move(array));
}

/// An empty optional field is left out.
template <class Value>
void put_field(nlohmann::json::object_t& object, std::string_view name, const Value& value, const ValuePath& parent) {
  if constexpr (kind_of<Value> == JsonKind::optional) {
    if (value) put_field(object, name, *value, parent);
  } else {
    object.emplace(std::string{name}, to_json_value(value, {&parent, name}));
  }
}

/// @throws std::invalid_argument naming the field that has no JSON form, what functions of the program throw
template <class Value>
nlohmann::json to_json_value(const Value& value, const ValuePath& path) {
  constexpr JsonKind kind = kind_of<Value>;
  if constexpr (kind == JsonKind::fields) {
    nlohmann::json::object_t object;
    use_fields(value, [&](const auto&... fields) {
      [[maybe_unused]] const std::string_view* name = json_names_of<Value>.data();
      (put_field(object, *name++, fields, path), ...);
    });
    return nlohmann::json(std::move(object));
  } else if constexpr (kind == JsonKind::codec) {
    return with_path_in_error(path, [&value] { return text_to_json(codec<Value>::encode(value)); });
  } else if constexpr (kind == JsonKind::integer && std::is_enum_v<Value>) {
    return nlohmann::json(static_cast<std::underlying_type_t<Value>>(value));
  } else if constexpr (kind == JsonKind::enumeration) {
    return nlohmann::json(enumerator_text(value, path));
  } else if constexpr (kind == JsonKind::optional) {
    return value ? to_json_value(*value, path) : nlohmann::json(nullptr);
  } else if constexpr (kind == JsonKind::duration) {
    return to_json_value(value.count(), path);
  } else if constexpr (kind == JsonKind::time) {
    return with_path_in_error(path, [&value] { return nlohmann::json(time_to_text(value)); });
  } else if constexpr (kind == JsonKind::list || kind == JsonKind::fixed || kind == JsonKind::pairs) {
    return elements_to_json(value, path);
  } else if constexpr (kind == JsonKind::object) {
    nlohmann::json::object_t object;
    for (const auto& [key, element] : value) {
      std::string name = key_text(key, path);
      nlohmann::json json = to_json_value(element, {&path, name});
      object.emplace(std::move(name), std::move(json));
    }
    return nlohmann::json(std::move(object));
  } else if constexpr (kind == JsonKind::variant) {
    if (value.valueless_by_exception()) throw_at(path, "it holds no alternative, as an exception was thrown");
    return std::visit(
        [&path]<class Alternative>(const Alternative& alternative) {
          nlohmann::json::object_t object{{"type", std::string_view{Alternative::type}}};
          if constexpr (has_json<Alternative>) put_field(object, "value", alternative, path);
          return nlohmann::json(std::move(object));
        },
        value);
  } else {
    return nlohmann::json(value);
  }
}

}  // namespace castore::detail

#endif
