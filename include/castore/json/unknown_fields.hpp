// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_UNKNOWN_FIELDS_HPP
#define CASTORE_JSON_UNKNOWN_FIELDS_HPP

/// @file
/// JSON that somebody sends: fields that its type does not have are errors there, as they are mistakes of the sender.
/// In stored events they are not, as another version of the program may have had them.

#include <castore/detail/fields.hpp>
#include <castore/json/field_names.hpp>
#include <castore/json/from_json.hpp>
#include <castore/json/kinds.hpp>
#include <castore/json/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace castore::detail {

/// @throws FieldError naming the first member that is not known
inline void check_members_known(const nlohmann::json& json, std::span<const std::string_view> known,
                                const ValuePath& path) {
  const auto* const object = json.get_ptr<const nlohmann::json::object_t*>();
  if (!object) return;
  for (const auto& [name, member] : *object) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string names;
    for (const std::string_view one : known) names.append(names.empty() ? "" : ", ").append(one);
    throw_at({&path, name}, "it is not known; " + (names.empty() ? "there are none" : "known are: " + names));
  }
}

/// Looks at all structs in a value; what does not fit its type at all is left to the reading. Types that convert
/// themselves cannot be asked.
/// @throws FieldError
template <class Value>
void check_fields_known(const nlohmann::json& json, const ValuePath& path = {}) {
  constexpr JsonKind kind = kind_of<Value>;
  const auto check_elements = [&]<class Element>(std::type_identity<Element>) {
    if (!json.is_array()) return;
    for (std::size_t index = 0; index < json.size(); ++index)
      check_fields_known<Element>(json[index], {&path, {}, index});
  };
  const auto check_member = [&]<class Member>(std::type_identity<Member>, std::string_view name) {
    if (!json.is_object()) return;
    if (const auto found = json.find(name); found != json.end()) check_fields_known<Member>(*found, {&path, name});
  };
  if constexpr (kind == JsonKind::fields) {
    use_field_types<Value>([&]<class... Fields>(Fields...) {
      const std::array<std::string_view, sizeof...(Fields)> known{json_name<Fields>...};
      check_members_known(json, known, path);
      (check_member(std::type_identity<typename Fields::Value>{}, json_name<Fields>), ...);
    });
  } else if constexpr (kind == JsonKind::optional) {
    if (!json.is_null()) check_fields_known<typename Value::value_type>(json, path);
  } else if constexpr (kind == JsonKind::list) {
    check_elements(std::type_identity<std::ranges::range_value_t<const Value>>{});
  } else if constexpr (kind == JsonKind::fixed && std::ranges::range<const Value>) {
    check_elements(std::type_identity<typename Value::value_type>{});
  } else if constexpr (kind == JsonKind::fixed) {
    [&]<class... Elements>(TypeList<Elements...>) {
      std::size_t index = 0;
      const auto check_next = [&]<class Element>(std::type_identity<Element>) {
        if (json.is_array() && index < json.size()) check_fields_known<Element>(json[index], {&path, {}, index});
        ++index;
      };
      (check_next(std::type_identity<Elements>{}), ...);
    }(typename ElementsOf<Value>::Types{});
  } else if constexpr (kind == JsonKind::object) {
    if (!json.is_object()) return;
    for (const auto& [name, member] : *json.get_ptr<const nlohmann::json::object_t*>())
      check_fields_known<typename Value::mapped_type>(member, {&path, name});
  } else if constexpr (kind == JsonKind::pairs) {
    check_elements(std::type_identity<std::pair<typename Value::key_type, typename Value::mapped_type>>{});
  } else if constexpr (kind == JsonKind::variant) {
    static constexpr std::array<std::string_view, 2> known{"type", "value"};
    check_members_known(json, known, path);
    const auto check_alternative = [&]<class Alternative>(std::type_identity<Alternative>) {
      if constexpr (has_json<Alternative>) {
        if (const auto type = json.find("type"); type != json.end() && *type == std::string_view{Alternative::type})
          check_member(std::type_identity<Alternative>{}, "value");
      }
    };
    [&]<class... Alternatives>(TypeList<Alternatives...>) {
      if (json.is_object()) (check_alternative(std::type_identity<Alternatives>{}), ...);
    }(typename ElementsOf<Value>::Types{});
  }
}

/// @throws FieldError, std::invalid_argument, what nlohmann_json and the type's functions throw
template <class Value>
Value decode_json_input(std::string_view text) {
  const nlohmann::json json = text_to_json(text);
  check_fields_known<Value>(json);
  if constexpr (has_json<Value>) {
    return from_json_value<Value>(json);
  } else {  // without fields
    must_be(json.is_object(), json, "an object", {});
    return Value();
  }
}

}  // namespace castore::detail

#endif
