// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_COMPARE_VALUES_HPP
#define CASTORE_TESTING_COMPARE_VALUES_HPP

/// @file
/// How the kit compares values: by `==`, by their parts and fields, or by their JSON.

#include <castore/core/codec.hpp>
#include <castore/core/event.hpp>
#include <castore/detail/fields.hpp>
#include <castore/detail/function_signature.hpp>
#include <castore/json.hpp>

#include <algorithm>
#include <concepts>
#include <optional>
#include <ranges>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace castore::testing::detail {

/// Values that consist of other values, in an order that is a part of them.
template <class Value>
concept HasOrder =
    std::ranges::forward_range<const Value> && !std::convertible_to<const Value&, std::string_view> &&
    !requires { typename Value::hasher; } && !std::same_as<std::ranges::range_value_t<const Value>, Value>;

/// The types of the values in a container, or of another type that has `==` whether these have it or not.
template <class Value>
struct ValuesIn {
  using Types = castore::detail::TypeList<>;
};
template <class Value>
  requires(std::ranges::range<const Value> && !std::same_as<std::ranges::range_value_t<const Value>, Value>)
struct ValuesIn<Value> {
  using Types = castore::detail::TypeList<std::ranges::range_value_t<const Value>>;
};
template <class Value>
struct ValuesIn<std::optional<Value>> {
  using Types = castore::detail::TypeList<Value>;
};
template <class First, class Second>
struct ValuesIn<std::pair<First, Second>> {
  using Types = castore::detail::TypeList<std::remove_const_t<First>, Second>;
};
template <class... Values>
struct ValuesIn<std::tuple<Values...>> {
  using Types = castore::detail::TypeList<Values...>;
};
template <class... Values>
struct ValuesIn<std::variant<Values...>> {
  using Types = castore::detail::TypeList<Values...>;
};

template <class Value>
inline constexpr bool is_optional_value = false;
template <class Value>
inline constexpr bool is_optional_value<std::optional<Value>> = true;
template <class Value>
inline constexpr bool is_pair = false;
template <class First, class Second>
inline constexpr bool is_pair<std::pair<First, Second>> = true;

/// Values with `==`, to the last of their parts; or without fields, of which there is one only.
template <class Value, class... Seen>
constexpr bool has_equality() {
  if constexpr ((std::same_as<Value, Seen> || ...)) {
    return true;
  } else if constexpr (ComparableValue<Value>) {
    return []<class... Parts>(castore::detail::TypeList<Parts...>) {
      return (has_equality<Parts, Value, Seen...>() && ...);
    }(typename ValuesIn<Value>::Types{});
  } else {
    return false;
  }
}

/// Values that the kit tells apart: by `==`, or by their parts and fields, which the compiler finds.
template <class Value, class... Seen>
constexpr bool is_told_apart() {
  constexpr auto are_told_apart = []<class... Parts>(castore::detail::TypeList<Parts...>) {
    return (is_told_apart<Parts, Value, Seen...>() && ...);
  };
  if constexpr ((std::same_as<Value, Seen> || ...) || has_equality<Value>()) {
    return true;
  } else if constexpr (HasOrder<Value> || is_optional_value<Value> || is_pair<Value>) {
    return are_told_apart(typename ValuesIn<Value>::Types{});
  } else if constexpr (castore::detail::HasKnownFields<Value>) {
    return castore::detail::use_field_types<Value>([&]<class... Fields>(Fields...) {
      return are_told_apart(castore::detail::TypeList<typename Fields::Value...>{});
    });
  } else {
    return false;
  }
}

/// One value, checked so that a compiler's error names its type.
template <class Value>
struct CheckedComparable {
  static constexpr bool by_json = HasCodec<Value>;
  static constexpr bool is_comparable = is_told_apart<Value>() || by_json;
  static_assert(
      is_comparable,
      "castore: the test kit cannot compare values of this type; write in it, and in the types of its fields, "
      "`friend bool operator==(const TheType&, const TheType&) = default;` or "
      "`NLOHMANN_DEFINE_TYPE_INTRUSIVE(TheType, its, fields)`");
};

/// By `==` where the type has it, else by its parts or fields, else by JSON.
template <class Value>
constexpr bool are_equal(const Value& left, const Value& right) {
  if constexpr (has_equality<Value>()) {
    return castore::detail::equal_values(left, right);
  } else if constexpr (!is_told_apart<Value>()) {
    if constexpr (CheckedComparable<Value>::by_json) return codec<Value>::encode(left) == codec<Value>::encode(right);
    return false;
  } else if constexpr (is_optional_value<Value>) {
    return left && right ? are_equal(*left, *right) : !left && !right;
  } else if constexpr (is_pair<Value>) {
    return are_equal(left.first, right.first) && are_equal(left.second, right.second);
  } else if constexpr (HasOrder<Value>) {
    return std::ranges::equal(left, right, [](const auto& one, const auto& other) { return are_equal(one, other); });
  } else {
    return castore::detail::use_fields(left, [&right](const auto&... ours) {
      return castore::detail::use_fields(right,
                                         [&](const auto&... theirs) { return (are_equal(ours, theirs) && ...); });
    });
  }
}

template <class Payload>
constexpr bool are_equal(const EventWithMetadata<Payload>& left, const EventWithMetadata<Payload>& right) {
  return are_equal(left.payload, right.payload) && are_equal(left.metadata, right.metadata);
}

template <class... Events>
constexpr bool are_equal(const std::vector<std::variant<Events...>>& left,
                         const std::vector<std::variant<Events...>>& right) {
  const auto is_equal = [](const std::variant<Events...>& one, const std::variant<Events...>& other) {
    if (one.index() != other.index()) return false;
    return std::visit(
        [&other]<class Event>(const Event& event) { return are_equal(event, *std::get_if<Event>(&other)); }, one);
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), is_equal);
}

}  // namespace castore::testing::detail

#endif
