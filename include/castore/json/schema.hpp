// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_SCHEMA_HPP
#define CASTORE_JSON_SCHEMA_HPP

/// @file
/// The form of a type's JSON as a JSON Schema.
/// Source: JSON Schema, draft 2020-12, core and validation.

#include <castore/core/timestamp.hpp>
#include <castore/detail/enumerators.hpp>
#include <castore/detail/fields.hpp>
#include <castore/detail/function_signature.hpp>
#include <castore/detail/type_identity.hpp>
#include <castore/json.hpp>
#include <castore/json/field_names.hpp>
#include <castore/json/kinds.hpp>
#include <castore/json/standard_types.hpp>
#include <castore/json/storable.hpp>
#include <castore/json/values.hpp>
#include <castore/reflection.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ranges>
#include <ratio>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace castore {

/// @brief The URI of the dialect that the schemas are written in.
inline constexpr std::string_view json_schema_dialect = "https://json-schema.org/draft/2020-12/schema";

namespace detail {

/// Where a schema stands in its document, and in which structs it is; a struct that holds itself refers to the outer
/// one.
struct SchemaPlace {
  const SchemaPlace* outer = nullptr;
  std::string pointer = {};         ///< As a part of a URI: `/properties/moves`.
  const void* structure = nullptr;  ///< Which struct stands here.

  /// @brief The place of a part. It refers to this one.
  SchemaPlace part(std::string_view name) const&& = delete;
  SchemaPlace part(std::string_view name) const& {
    std::string place = pointer + '/';
    for (const char letter : name) {
      constexpr std::string_view digits = "0123456789ABCDEF";
      const bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                            (letter >= '0' && letter <= '9') ||
                            std::string_view{"$_-."}.find(letter) != std::string_view::npos;
      if (letter == '~')
        place += "~0";
      else if (letter == '/')
        place += "~1";
      else if (is_plain)
        place += letter;
      else
        place.append(1, '%')
            .append(1, digits[static_cast<unsigned char>(letter) / 16])
            .append(1, digits[static_cast<unsigned char>(letter) % 16]);
    }
    return {this, std::move(place), nullptr};
  }
};

template <class Type>
nlohmann::json schema_of(const SchemaPlace& place);

inline nlohmann::json or_null(nlohmann::json schema) {
  nlohmann::json both;
  both["anyOf"] = nlohmann::json::array({std::move(schema), {{"type", "null"}}});
  return both;
}

template <class Enum>
nlohmann::json texts_schema() {
  nlohmann::json texts = nlohmann::json::array();
  if constexpr (kind_of<Enum> == JsonKind::enumeration) {
    for (const NamedValue& value : texts_of_enum<Enum>().values()) texts.push_back(value.name);
  } else {  // what it lists is known by asking for every enumerator
    for (const NamedValue& value : enumerators_of<Enum>()) {
      nlohmann::json text = nlohmann::json(static_cast<Enum>(static_cast<std::underlying_type_t<Enum>>(value.value)));
      if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
    }
  }
  return {{"enum", std::move(texts)}};
}

/// `seconds`, or `1/60 seconds`.
template <class Period>
std::string unit_text() {
  if constexpr (std::same_as<Period, std::nano>)
    return "nanoseconds";
  else if constexpr (std::same_as<Period, std::micro>)
    return "microseconds";
  else if constexpr (std::same_as<Period, std::milli>)
    return "milliseconds";
  else if constexpr (std::same_as<Period, std::ratio<1>>)
    return "seconds";
  else if constexpr (std::same_as<Period, std::ratio<60>>)
    return "minutes";
  else if constexpr (std::same_as<Period, std::ratio<3600>>)
    return "hours";
  else if constexpr (std::same_as<Period, std::ratio<86400>>)
    return "days";
  else
    return std::to_string(Period::num) + "/" + std::to_string(Period::den) + " seconds";
}

template <class... Elements>
nlohmann::json elements_schema(TypeList<Elements...>, const SchemaPlace& place) {
  const SchemaPlace items = place.part("prefixItems");
  nlohmann::json schemas = nlohmann::json::array();
  (schemas.push_back(schema_of<Elements>(items.part(std::to_string(schemas.size())))), ...);
  return {{"type", "array"},
          {"prefixItems", std::move(schemas)},
          {"minItems", sizeof...(Elements)},
          {"maxItems", sizeof...(Elements)}};
}

template <class... Values>
nlohmann::json alternatives_schema(TypeList<Values...>, const SchemaPlace& place) {
  const SchemaPlace all = place.part("oneOf");
  nlohmann::json schemas = nlohmann::json::array();
  const auto add = [&]<class Value>(std::type_identity<Value>) {
    const SchemaPlace alternative = all.part(std::to_string(schemas.size()));
    const SchemaPlace properties = alternative.part("properties");
    nlohmann::json schema{{"type", "object"}, {"required", {"type"}}};
    schema["properties"]["type"] = {{"const", std::string_view{Value::type}}};
    if constexpr (has_json<Value>) {
      schema["properties"]["value"] = schema_of<Value>(properties.part("value"));
      if (!is_optional<Value>) schema["required"].push_back("value");
    }
    schemas.push_back(std::move(schema));
  };
  (add(std::type_identity<Values>{}), ...);
  return {{"oneOf", std::move(schemas)}};
}

template <class Type>
nlohmann::json struct_schema(SchemaPlace place) {
  for (const SchemaPlace* outer = place.outer; outer; outer = outer->outer) {
    if (outer->structure == &type_identity_tag<Type>) return {{"$ref", '#' + outer->pointer}};
  }
  place.structure = &type_identity_tag<Type>;
  const SchemaPlace fields = place.part("properties");
  nlohmann::json properties = nlohmann::json::object();
  nlohmann::json required = nlohmann::json::array();
  const auto add = [&]<class Field>(std::type_identity<Field>) {
    const std::string name{json_name<Field>};
    nlohmann::json& schema = properties[name] = schema_of<typename Field::Value>(fields.part(name));
    if constexpr (is_added_field<Field>())
      schema["default"] = to_json_value(default_of_field<Field>());
    else if (kind_of<typename Field::Value> != JsonKind::optional)
      required.push_back(name);
  };
  use_field_types<Type>([&add]<class... Fields>(Fields...) { (add(std::type_identity<Fields>{}), ...); });
  nlohmann::json schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

template <class Type>
nlohmann::json map_schema(const SchemaPlace& place) {
  using Key = typename Type::key_type;
  using Mapped = typename Type::mapped_type;
  if constexpr (kind_of<Type> == JsonKind::object) {
    nlohmann::json schema{{"type", "object"},
                          {"additionalProperties", schema_of<Mapped>(place.part("additionalProperties"))}};
    if constexpr (std::is_enum_v<Key>) schema["propertyNames"] = texts_schema<Key>();
    return schema;
  } else {
    return {{"type", "array"}, {"items", elements_schema(TypeList<Key, Mapped>{}, place.part("items"))}};
  }
}

/// The schema of a type's values.
template <class Type>
nlohmann::json schema_of(const SchemaPlace& place) {
  constexpr JsonKind kind = kind_of<Type>;
  if constexpr (requires {
                  { Type::json_schema() } -> std::convertible_to<nlohmann::json>;
                }) {
    return Type::json_schema();
  } else if constexpr (kind == JsonKind::boolean) {
    return {{"type", "boolean"}};
  } else if constexpr (kind == JsonKind::integer) {
    if constexpr (std::is_enum_v<Type>) {
      return schema_of<std::underlying_type_t<Type>>(place);
    } else {
      return {{"type", "integer"},
              {"minimum", (std::numeric_limits<Type>::min)()},
              {"maximum", (std::numeric_limits<Type>::max)()}};
    }
  } else if constexpr (kind == JsonKind::floating) {
    return {{"type", "number"}, {"format", std::same_as<Type, float> ? "float" : "double"}};
  } else if constexpr (kind == JsonKind::text) {
    return {{"type", "string"}};
  } else if constexpr (kind == JsonKind::enumeration || (kind == JsonKind::functions && std::is_enum_v<Type>)) {
    return texts_schema<Type>();
  } else if constexpr (kind == JsonKind::optional) {
    const SchemaPlace any = place.part("anyOf");
    return or_null(schema_of<typename Type::value_type>(any.part("0")));
  } else if constexpr (kind == JsonKind::duration) {
    nlohmann::json schema = schema_of<typename Type::rep>(place);
    schema["description"] = "a duration in " + unit_text<typename Type::period>();
    return schema;
  } else if constexpr (kind == JsonKind::time) {
    constexpr int digits = digits_of_second<typename Type::duration::period>();
    return {{"type", "string"},
            {"format", "date-time"},
            {"description", "in UTC, with " + std::to_string(digits) + " digits of a second"}};
  } else if constexpr (kind == JsonKind::list) {
    using Element = std::ranges::range_value_t<const Type>;
    nlohmann::json schema{{"type", "array"}, {"items", schema_of<Element>(place.part("items"))}};
    if constexpr (requires(Type& set, Element element) { set.insert(std::move(element)).second; }) {
      schema["uniqueItems"] = true;
    }
    return schema;
  } else if constexpr (kind == JsonKind::fixed) {
    if constexpr (std::ranges::range<const Type>) {
      constexpr std::size_t size = std::tuple_size_v<Type>;
      return {{"type", "array"},
              {"items", schema_of<typename Type::value_type>(place.part("items"))},
              {"minItems", size},
              {"maxItems", size}};
    } else {
      return elements_schema(typename ElementsOf<Type>::Types{}, place);
    }
  } else if constexpr (kind == JsonKind::object || kind == JsonKind::pairs) {
    return map_schema<Type>(place);
  } else if constexpr (kind == JsonKind::variant) {
    return alternatives_schema(typename ElementsOf<Type>::Types{}, place);
  } else if constexpr (kind == JsonKind::fields) {
    return struct_schema<Type>(place);
  } else if constexpr (std::same_as<Type, nlohmann::json>) {
    return nlohmann::json::object();
  } else {
    return {{"description", "what functions of its own make of it"}};
  }
}

}  // namespace detail

/// @brief A JSON Schema (2020-12) of what a payload, metadata or any other type is as JSON: for documentation, OpenAPI,
/// forms, and to notice when it changes (`castore::testing::check_event_schema`).
///
/// **Guarantees:** it says what `castore::codec` writes, with the names, ranges, enumerators and defaults that it has;
/// what it accepts can be read, unless a number is too exact or a text no time. It has the names of JSON, not of C++:
/// the rename of a struct changes nothing. A class that converts itself may say what it is by `static nlohmann::json
/// json_schema()`; else anything may stand there. A type without fields is an object without members.
/// **Errors:** a type without a codec does not compile, with the reason.
template <class Value>
nlohmann::json json_schema() {
  nlohmann::json schema;
  if constexpr (detail::is_storable<Value> || detail::HasOwnCodec<Value>) {
    if constexpr (detail::has_json<Value>)
      schema = detail::schema_of<Value>({});
    else
      schema = {{"type", "object"}, {"properties", nlohmann::json::object()}};
  } else {
    static_cast<void>(codec<Value>::explain());
  }
  schema["$schema"] = json_schema_dialect;
  return schema;
}

}  // namespace castore

#endif
