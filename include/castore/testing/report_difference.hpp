// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_REPORT_DIFFERENCE_HPP
#define CASTORE_TESTING_REPORT_DIFFERENCE_HPP

/// @file
/// What differs between two values, or between two lists of events: the fields, each with the way to it.

#include <castore/core/event.hpp>
#include <castore/detail/fields.hpp>
#include <castore/testing/compare_values.hpp>
#include <castore/testing/report_text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace castore::testing::detail {

/// What differs between two values, line by line the same place in both.
struct Difference {
  Lines expected{};
  Lines actual{};

  void add(const std::string& path, const std::string& left, const std::string& right) {
    const std::string begin = path.empty() ? "  " : "  " + path + ": ";
    expected.push_back(begin + left);
    actual.push_back(begin + right);
  }
};

inline std::string path_of_field(const std::string& path, std::string_view name) {
  return path + (path.empty() ? "" : ".") + std::string{name};
}

/// Members of two JSON texts that differ, where both are objects.
inline void add_json_difference(const std::string& left, const std::string& right, const std::string& path,
                                Difference& difference) {
  const nlohmann::json expected = nlohmann::json::parse(left, nullptr, false);
  const nlohmann::json actual = nlohmann::json::parse(right, nullptr, false);
  if (!expected.is_object() || !actual.is_object() || expected == actual) return difference.add(path, left, right);
  const auto text_of = [](const nlohmann::json& object, const std::string& name) -> std::string {
    const auto found = object.find(name);
    if (found == object.end()) return "(none)";
    return found->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  nlohmann::json all = expected;
  all.update(actual);
  for (const auto& [name, value] : all.items()) {
    const std::string ours = text_of(expected, name);
    const std::string theirs = text_of(actual, name);
    if (ours != theirs) add_json_difference(ours, theirs, path_of_field(path, name), difference);
  }
}

/// Adds the fields that differ, each with the way to it: `moves[1].power`.
template <class Value>
void add_difference(const Value& expected, const Value& actual, const std::string& path, Difference& difference) {
  if constexpr (is_told_apart<Value>()) {
    if (are_equal(expected, actual)) return;
  }
  if constexpr (is_optional_value<Value>) {
    if (expected && actual) return add_difference(*expected, *actual, path, difference);
    difference.add(path, expected ? json_text(*expected) : "(none)", actual ? json_text(*actual) : "(none)");
  } else if constexpr (HasOrder<Value> && !requires { typename Value::key_type; }) {
    auto right = std::ranges::begin(actual);
    std::size_t index = 0;
    const auto place = [&] { return path + "[" + std::to_string(index++) + "]"; };
    for (const auto& left : expected) {
      if (right == std::ranges::end(actual)) {
        difference.add(place(), json_text(left), "(none)");
      } else {
        add_difference<std::ranges::range_value_t<const Value>>(left, *right++, place(), difference);
      }
    }
    for (; right != std::ranges::end(actual); ++right) difference.add(place(), "(none)", json_text(*right));
  } else if constexpr (!std::is_empty_v<Value> && castore::detail::HasKnownFields<Value>) {
    const auto add = [&]<class Field>(std::string_view name, const Field& left, const Field& right) {
      add_difference(left, right, path_of_field(path, name), difference);
    };
    castore::detail::use_fields(expected, [&](const auto&... left) {
      castore::detail::use_fields(actual, [&](const auto&... right) {
        castore::detail::use_field_types<Value>(
            [&](auto... fields) { (add(decltype(fields)::name, left, right), ...); });
      });
    });
  } else {
    const std::string left = json_text(expected);
    const std::string right = json_text(actual);
    if (is_told_apart<Value>() || left != right) add_json_difference(left, right, path, difference);
  }
}

template <class Value>
Difference difference_of(const Value& expected, const Value& actual) {
  Difference difference;
  add_difference(expected, actual, {}, difference);
  return difference;
}

/// Blocks of lines, each with its counterpart.
struct Comparison {
  std::vector<Lines> expected{};
  std::vector<Lines> actual{};
};

/// Two lists of events: of a pair of one type only what differs, of others everything.
template <class... Events>
Comparison compare_events(const std::vector<std::variant<Events...>>& expected,
                          const std::vector<std::variant<Events...>>& actual) {
  Comparison comparison;
  for (std::size_t index = 0; index < (std::max)(expected.size(), actual.size()); ++index) {
    const bool are_paired =
        index < expected.size() && index < actual.size() && expected[index].index() == actual[index].index();
    if (!are_paired) {
      if (index < expected.size()) comparison.expected.push_back(event_lines(expected[index]));
      if (index < actual.size()) comparison.actual.push_back(event_lines(actual[index]));
      continue;
    }
    std::visit(
        [&]<class Payload>(const EventWithMetadata<Payload>& ours) {
          const auto& theirs = *std::get_if<EventWithMetadata<Payload>>(&actual[index]);
          Difference difference{{std::string{Payload::type}}, {std::string{Payload::type}}};
          add_difference(ours.payload, theirs.payload, {}, difference);
          add_difference(ours.metadata, theirs.metadata, "metadata", difference);
          comparison.expected.push_back(std::move(difference.expected));
          comparison.actual.push_back(std::move(difference.actual));
        },
        expected[index]);
  }
  if (expected.empty()) comparison.expected.push_back({"nothing"});
  if (actual.empty()) comparison.actual.push_back({"nothing"});
  return comparison;
}

inline std::string side_by_side(const Difference& difference) {
  return side_by_side({difference.expected}, {difference.actual});
}

}  // namespace castore::testing::detail

#endif
