// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_FIELD_NAMES_HPP
#define CASTORE_JSON_FIELD_NAMES_HPP

/// @file
/// The names that fields have in JSON, and which of them may be missing there.

#include <castore/detail/fields.hpp>
#include <castore/reflection.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace castore::detail {

template <class Owner>
concept HasAddedFields = requires { Owner::added_fields.members; };
template <class Owner>
concept HasRenamedFields = requires { Owner::json_names.list; };
template <class Owner>
concept HasJsonCase = requires {
  { Owner::json_case } -> std::convertible_to<JsonCase>;
};
template <class Owner>
concept SaysFieldForm = HasAddedFields<Owner> || HasRenamedFields<Owner> || HasJsonCase<Owner>;

/// The name that `json_names` gives a field; empty for none.
template <class Field>
constexpr std::string_view renamed_field() {
  std::string_view name;
  if constexpr (HasRenamedFields<typename Field::Owner>) {
    std::apply(
        [&name](const auto&... renamed) {
          ((Field::is_at(renamed.thing) ? static_cast<void>(name = renamed.name) : static_cast<void>(0)), ...);
        },
        Field::Owner::json_names.list);
  }
  return name;
}

/// `trainer_id` as `trainerId`; `array` ends with as many NULs as there were underscores.
template <std::size_t size>
constexpr std::array<char, size> camel_case(std::string_view name) {
  std::array<char, size> result{};
  std::size_t length = 0;
  const std::size_t begin = (std::min)(name.find_first_not_of('_'), name.size());
  const std::size_t last = name.find_last_not_of('_');
  for (std::size_t index = 0; index < name.size(); ++index) {
    const bool is_between = index > begin && last != std::string_view::npos && index < last;
    if (name[index] == '_' && is_between) continue;
    const bool is_raised = index > begin && name[index - 1] == '_' && name[index] >= 'a' && name[index] <= 'z';
    result[length++] = is_raised ? static_cast<char>(name[index] - 'a' + 'A') : name[index];
  }
  return result;
}

template <class Field>
struct JsonName {
  static constexpr std::string_view renamed = renamed_field<Field>();
  static constexpr bool is_camel = [] {
    if constexpr (HasJsonCase<typename Field::Owner>)
      return Field::Owner::json_case == JsonCase::camel;
    else
      return false;
  }();
  static constexpr auto camel = camel_case < is_camel ? Field::name.size() + 1 : 1 > (is_camel ? Field::name : "");
  static constexpr std::string_view text = renamed.data() ? renamed
                                           : is_camel     ? std::string_view{camel.data()}
                                                          : Field::name;
};
template <class Field>
inline constexpr std::string_view json_name = JsonName<Field>::text;

/// The names of all fields in JSON, in their order.
template <class Owner>
inline constexpr auto json_names_of = [] {
  if constexpr (HasRenamedFields<Owner> || HasJsonCase<Owner>) {
    return use_field_types<Owner>(
        []<class... Fields>(Fields...) { return std::array<std::string_view, sizeof...(Fields)>{json_name<Fields>...}; });
  } else {
    return FieldsFound<Owner>::names();
  }
}();

/// It may be missing in what was stored before it came.
template <class Field>
constexpr bool is_added_field() {
  if constexpr (HasAddedFields<typename Field::Owner>) {
    return std::apply([](const auto&... members) { return (Field::is_at(members) || ...); },
                      Field::Owner::added_fields.members);
  } else {
    return false;
  }
}

template <class Owner>
constexpr bool has_one_name_twice() {
  if constexpr (HasRenamedFields<Owner> || HasJsonCase<Owner>) {
    auto names = json_names_of<Owner>;
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
  } else {
    return false;
  }
}

}  // namespace castore::detail

#endif
