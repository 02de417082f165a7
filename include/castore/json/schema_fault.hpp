// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_SCHEMA_FAULT_HPP
#define CASTORE_JSON_SCHEMA_FAULT_HPP

/// @file
/// Whether a JSON value has the form that a JSON Schema asks for.
/// Source: JSON Schema, draft 2020-12, core and validation.

#include <castore/config.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief The first place where a value has not the form that a schema asks for.
struct SchemaFault {
  std::string path{};  ///< Where, as a JSON Pointer (RFC 6901); empty for the value itself.
  std::string what{};  ///< What is wrong there, without the value: `it must be of type "string"`.

  friend bool operator==(const SchemaFault&, const SchemaFault&) = default;
};

namespace detail {

/// Compares values with the schemas of one document.
class SchemaMatch {
 public:
  using Json = nlohmann::json;
  using Fault = std::optional<SchemaFault>;

  explicit SchemaMatch(const Json& document) noexcept : document_{document} {}

  Fault find(const Json& schema, const Json& value, const std::string& path) {
    if (schema.is_boolean()) {
      if (schema == true) return std::nullopt;
      return SchemaFault{path, "nothing may be there"};
    }
    if (!schema.is_object()) return std::nullopt;
    // Of schemas in each other. A level takes more than a KB of the stack, of which a program for Windows has one MB.
    constexpr std::size_t most_of_one_value = 64;
    constexpr std::size_t most_levels = 400;
    const Level outer = level_;
    level_ = {&value, outer.value == &value ? outer.of_value + 1 : 1, outer.all + 1};
    Fault fault;
    if (level_.of_value > most_of_one_value) {
      fault = SchemaFault{path, "its schema refers to itself without an end"};
    } else if (level_.all > most_levels) {
      fault = SchemaFault{path, "it is nested too deep to be compared with its schema"};
    } else {
      fault = find_in_all(schema, value, path);
    }
    level_ = outer;
    return fault;
  }

 private:
  struct Level {
    const Json* value = nullptr;
    std::size_t of_value = 0;  ///< How many schemas in each other look at it.
    std::size_t all = 0;
  };
  using Rule = Fault (SchemaMatch::*)(const Json& schema, const Json& value, const std::string& path);

  Fault find_in_all(const Json& schema, const Json& value, const std::string& path) {
    static constexpr Rule rules[] = {&SchemaMatch::find_reference, &SchemaMatch::find_type,  &SchemaMatch::find_values,
                                     &SchemaMatch::find_number,    &SchemaMatch::find_size,  &SchemaMatch::find_members,
                                     &SchemaMatch::find_elements,  &SchemaMatch::find_choice};
    for (const Rule rule : rules) {
      if (Fault fault = (this->*rule)(schema, value, path)) return fault;
    }
    return std::nullopt;
  }

  static const Json* keyword(const Json& schema, const char* name) {
    const auto found = schema.find(name);
    return found == schema.end() ? nullptr : &*found;
  }
  static std::string path_of(const std::string& path, std::string_view name) {
    Json::json_pointer pointer;
    pointer.push_back(std::string{name});
    return path + pointer.to_string();
  }

  Fault find_reference(const Json& schema, const Json& value, const std::string& path) {
    const Json* const reference = keyword(schema, "$ref");
    if (reference == nullptr) return std::nullopt;
    const Json* const target = reference->is_string() ? resolve(reference->get<std::string>()) : nullptr;
    if (target == nullptr)
      return SchemaFault{path, "its schema refers to " + reference->dump() + ", which is not there"};
    return find(*target, value, path);
  }
  /// A pointer into this document, as a part of a URI; other documents are not looked for.
  const Json* resolve(const std::string& reference) const {
    if (!reference.starts_with('#')) return nullptr;
    std::string pointer;
    for (std::size_t place = 1; place < reference.size(); ++place) {
      if (reference[place] != '%') {
        pointer += reference[place];
        continue;
      }
      const int high = digit_of(reference, place + 1);
      const int low = digit_of(reference, place + 2);
      if (high < 0 || low < 0) return nullptr;
      pointer += static_cast<char>(high * 16 + low);
      place += 2;
    }
    try {
      return &document_.at(Json::json_pointer(pointer));
    } catch (const Json::exception&) {
      return nullptr;
    }
  }
  static int digit_of(const std::string& text, std::size_t place) {
    constexpr std::string_view digits = "0123456789abcdef0123456789ABCDEF";
    const std::size_t found = place < text.size() ? digits.find(text[place]) : std::string_view::npos;
    return found == std::string_view::npos ? -1 : static_cast<int>(found % 16);
  }

  static bool is_of_type(const Json& value, const Json& type) {
    if (type == "null") return value.is_null();
    if (type == "boolean") return value.is_boolean();
    if (type == "string") return value.is_string();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    if (type == "number") return value.is_number();
    if (type == "integer") {
      return value.is_number_integer() ||
             (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
    }
    return true;  // a type that nobody knows
  }
  Fault find_type(const Json& schema, const Json& value, const std::string& path) {
    const Json* const type = keyword(schema, "type");
    if (type == nullptr) return std::nullopt;
    const bool is_right = type->is_array()
                              ? std::ranges::any_of(*type, [&](const Json& one) { return is_of_type(value, one); })
                              : is_of_type(value, *type);
    if (is_right) return std::nullopt;
    return SchemaFault{path, "it must be of type " + type->dump() + ", but is of type \"" + value.type_name() + '"'};
  }

  Fault find_values(const Json& schema, const Json& value, const std::string& path) {
    if (const Json* const only = keyword(schema, "const"); only != nullptr && value != *only) {
      return SchemaFault{path, "it must be " + only->dump()};
    }
    const Json* const values = keyword(schema, "enum");
    if (values == nullptr || !values->is_array() || std::ranges::find(*values, value) != values->end())
      return std::nullopt;
    return SchemaFault{path, "it must be one of " + values->dump()};
  }

  Fault find_number(const Json& schema, const Json& value, const std::string& path) {
    if (!value.is_number()) return std::nullopt;
    const auto find_bound = [&](const char* name, const char* words, const auto& is_right) -> Fault {
      const Json* const bound = keyword(schema, name);
      if (bound == nullptr || !bound->is_number() || is_right(*bound)) return std::nullopt;
      return SchemaFault{path, std::string{words} + bound->dump()};
    };
    Fault fault = find_bound("minimum", "it must be at least ", [&](const Json& bound) { return value >= bound; });
    if (!fault) fault = find_bound("maximum", "it must be at most ", [&](const Json& bound) { return value <= bound; });
    if (!fault)
      fault = find_bound("exclusiveMinimum", "it must be above ", [&](const Json& bound) { return value > bound; });
    if (!fault)
      fault = find_bound("exclusiveMaximum", "it must be below ", [&](const Json& bound) { return value < bound; });
    return fault;
  }

  Fault find_size(const Json& schema, const Json& value, const std::string& path) {
    struct Bounds {
      const char* least;
      const char* most;
      const char* unit;
    };
    const Bounds bounds = value.is_string()   ? Bounds{"minLength", "maxLength", " characters"}
                          : value.is_array()  ? Bounds{"minItems", "maxItems", " elements"}
                          : value.is_object() ? Bounds{"minProperties", "maxProperties", " members"}
                                              : Bounds{nullptr, nullptr, nullptr};
    if (bounds.least == nullptr) return std::nullopt;
    const std::size_t size = value.is_string() ? characters_of(value.get_ref<const std::string&>()) : value.size();
    const Json* const least = keyword(schema, bounds.least);
    if (least != nullptr && least->is_number() && Json(size) < *least) {
      return SchemaFault{path, "it must have at least " + least->dump() + bounds.unit};
    }
    const Json* const most = keyword(schema, bounds.most);
    if (most != nullptr && most->is_number() && Json(size) > *most) {
      return SchemaFault{path, "it must have at most " + most->dump() + bounds.unit};
    }
    return std::nullopt;
  }
  static std::size_t characters_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
  }

  Fault find_members(const Json& schema, const Json& value, const std::string& path) {
    if (!value.is_object()) return std::nullopt;
    if (const Json* const required = keyword(schema, "required"); required != nullptr && required->is_array()) {
      for (const Json& name : *required) {
        if (name.is_string() && !value.contains(name.get_ref<const std::string&>())) {
          return SchemaFault{path, "it must have the member " + name.dump()};
        }
      }
    }
    const Json* const properties = keyword(schema, "properties");
    const Json* const others = keyword(schema, "additionalProperties");
    const Json* const names = keyword(schema, "propertyNames");
    for (const auto& [name, member] : value.items()) {
      const std::string place = path_of(path, name);
      const Json* own =
          properties == nullptr || !properties->is_object() ? nullptr : keyword(*properties, name.c_str());
      if (own == nullptr) own = others;
      if (names != nullptr && find(*names, Json(name), place)) return SchemaFault{place, "its name is not allowed"};
      if (own == nullptr) continue;
      if (Fault fault = find(*own, member, place)) return fault;
    }
    return std::nullopt;
  }

  Fault find_elements(const Json& schema, const Json& value, const std::string& path) {
    if (!value.is_array()) return std::nullopt;
    const Json* const first = keyword(schema, "prefixItems");
    const Json* const items = keyword(schema, "items");
    const std::size_t count = first != nullptr && first->is_array() ? first->size() : 0;
    for (std::size_t index = 0; index < value.size(); ++index) {
      const Json* const own = index < count ? &(*first)[index] : items;
      if (own == nullptr) continue;
      if (Fault fault = find(*own, value[index], path_of(path, std::to_string(index)))) return fault;
    }
    const Json* const unique = keyword(schema, "uniqueItems");
    if (unique != nullptr && *unique == true && std::set<Json>(value.begin(), value.end()).size() != value.size()) {
      return SchemaFault{path, "its elements must differ from each other"};
    }
    return std::nullopt;
  }

  Fault find_choice(const Json& schema, const Json& value, const std::string& path) {
    if (const Json* const all = keyword(schema, "allOf"); all != nullptr && all->is_array()) {
      for (const Json& one : *all) {
        if (Fault fault = find(one, value, path)) return fault;
      }
    }
    const auto count = [&](const char* name) -> std::optional<std::ptrdiff_t> {
      const Json* const choices = keyword(schema, name);
      if (choices == nullptr || !choices->is_array()) return std::nullopt;
      return std::ranges::count_if(*choices, [&](const Json& one) { return !find(one, value, path); });
    };
    if (count("anyOf") == 0) return SchemaFault{path, "it has none of the forms that are allowed"};
    if (const auto fitting = count("oneOf"); fitting && *fitting != 1) {
      return SchemaFault{path, *fitting == 0 ? "it has none of the forms that are allowed"
                                             : "it has more than one of the forms of which one is allowed"};
    }
    const Json* const unwanted = keyword(schema, "not");
    if (unwanted != nullptr && !find(*unwanted, value, path))
      return SchemaFault{path, "it has a form that is not allowed"};
    return std::nullopt;
  }

  const Json& document_;
  Level level_{};
};

}  // namespace detail

/// @brief The first place where a value has not the form that a schema asks for; nothing when it has it everywhere.
///
/// **Guarantees:** it knows all keywords that `castore::json_schema` writes, and what is usual besides: types, values,
/// bounds of numbers, texts, arrays and objects, members, elements, `anyOf`, `oneOf`, `allOf`, `not`, and `$ref` within
/// the document. Other keywords (`format`, `pattern`, `if` ...) are not looked at. A schema that refers to itself
/// without an end is a fault of the value, and so is nesting that passes through more than 400 schemas.
/// @param document Where the schema stands, for its `$ref`.
inline std::optional<SchemaFault> find_schema_fault(const nlohmann::json& document, const nlohmann::json& schema,
                                                    const nlohmann::json& value) {
  return detail::SchemaMatch{document}.find(schema, value, {});
}
/// @brief The same for a schema that is the whole document.
inline std::optional<SchemaFault> find_schema_fault(const nlohmann::json& schema, const nlohmann::json& value) {
  return find_schema_fault(schema, schema, value);
}

}  // namespace castore

#endif
