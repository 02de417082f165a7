// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_EXPECT_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_EXPECT_HPP

/// @file
/// How the laws say what they expect.

#include <castore/config.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/text.hpp>
#include <castore/json.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::testing::detail {

/// Thrown by a law's test; whoever runs it adds the law.
class CASTORE_DETAIL_THROWN Deviation : public std::exception {
 public:
  Deviation(std::string expected_, std::string seen_) : expected{std::move(expected_)}, seen{std::move(seen_)} {}
  const char* what() const noexcept override { return seen.c_str(); }

  std::string expected;
  std::string seen;
  std::optional<std::uint64_t> seed{};
  std::vector<std::string> history{};
};

inline void expect(bool is_kept, std::string_view expected, std::string_view seen) {
  if (!is_kept) throw Deviation{std::string{expected}, std::string{seen}};
}

inline std::string describe(std::string_view text) { return castore::detail::in_quotes(text); }
template <class Number>
  requires std::integral<Number>
std::string describe(Number number) {
  return std::to_string(number);
}
inline std::string describe(Timestamp time) {
  const bool has_text = time >= earliest_timestamp && time <= latest_timestamp;
  return has_text ? format_timestamp(time) : std::to_string(time.time_since_epoch().count()) + " ms";
}
inline std::string describe(const PushOutcome& outcome) {
  if (outcome.status == PushOutcome::pushed) return "pushed";
  return (outcome.status == PushOutcome::already_exists ? "already_exists, index " : "version_gap, index ") +
         std::to_string(outcome.index);
}
inline std::string describe(const ReadAllEventsResult& result) {
  return "next " + std::to_string(result.next) + ", head " + std::to_string(result.head) +
         (result.is_caught_up ? ", caught up" : ", not caught up");
}
inline std::string describe(const AggregateIdEntry& entry) {
  return describe(entry.aggregate_id) + " of " + describe(entry.initial_event_timestamp);
}
inline std::string describe(const EventRecord& record) {
  return "version " + std::to_string(record.version) + " of " + describe(record.aggregate_id) + ", type " +
         describe(record.type) + ", " + describe(record.timestamp) + ", payload " + describe(record.payload) +
         ", metadata " + describe(record.metadata);
}
template <class Value>
std::string describe(const std::optional<Value>& value) {
  return value ? describe(*value) : "nothing";
}
template <class Value>
std::string describe(const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : "; ") + describe(value);
  return "[" + text + "]";
}

template <class Value>
void expect_equal(const Value& seen, const Value& expected, std::string_view what) {
  if (seen == expected) return;
  throw Deviation{std::string{what} + ": " + describe(expected), describe(seen)};
}

/// The error of this type that the function must throw.
template <class ExpectedError, class Function>
ExpectedError expect_error(std::string_view name, std::string_view when, Function function) {
  const std::string expected = std::string{name} + " when " + std::string{when};
  try {
    function();
  } catch (const ExpectedError& error) {
    return error;
  } catch (const std::exception& error) {
    throw Deviation{expected, std::string{"another exception: "} + error.what()};
  }
  throw Deviation{expected, "no exception"};
}

/// Equality to the last bit: nlohmann's own compares integers with doubles as doubles, and zeros without their signs.
inline bool same_number(const nlohmann::json& left, const nlohmann::json& right) {
  if (left.is_number_float() && right.is_number_float()) {
    return left == right && std::signbit(left.get<double>()) == std::signbit(right.get<double>());
  }
  // A storage may write a double without a fraction as an integer.
  const auto digits = [](const nlohmann::json& number) {
    if (!number.is_number_float()) return number.dump();
    std::array<char, 400> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), number.get<double>(), std::chars_format::fixed);
    return std::string{text.data(), end.ptr};
  };
  return digits(left) == digits(right);
}

/// Compares values, not their text.
inline bool same_json(const nlohmann::json& left, const nlohmann::json& right) {
  if (left.is_number() && right.is_number()) return same_number(left, right);
  if (left.type() != right.type() || left.size() != right.size()) return false;
  if (left.is_array()) {
    for (std::size_t index = 0; index < left.size(); ++index) {
      if (!same_json(left[index], right[index])) return false;
    }
    return true;
  }
  if (left.is_object()) {
    for (const auto& [key, value] : left.items()) {
      const auto found = right.find(key);
      if (found == right.end() || !same_json(value, *found)) return false;
    }
    return true;
  }
  return left == right;
}

/// The same for JSON text, which is empty for no value.
inline bool same_json_text(std::string_view left, std::string_view right) {
  if (left == right) return true;
  if (left.empty() || right.empty()) return false;
  return same_json(nlohmann::json::parse(left), nlohmann::json::parse(right));
}

}  // namespace castore::testing::detail

#endif
