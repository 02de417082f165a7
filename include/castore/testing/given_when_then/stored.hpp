// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_GIVEN_WHEN_THEN_STORED_HPP
#define CASTORE_TESTING_GIVEN_WHEN_THEN_STORED_HPP

/// @file
/// Payloads as a storage gives them back: a test that would compare what goes in would not see that the JSON leaves out a
/// field.

#include <castore/core/codec.hpp>
#include <castore/core/event.hpp>
#include <castore/testing/compare_values.hpp>
#include <castore/testing/failure.hpp>
#include <castore/testing/report_difference.hpp>
#include <castore/testing/report_text.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace castore::testing::detail {

/// Payloads and metadata with a JSON form. Others are never stored as records.
template <class Value>
inline constexpr bool is_stored = HasCodec<Value> && !std::is_empty_v<Value>;

/// @throws What the codec throws.
template <class Value>
Value stored(const Value& value) {
  return codec<Value>::decode(codec<Value>::encode(value));
}

/// @throws Failure when the value cannot be stored, or comes back as another one.
template <class Value>
void check_stored(const Value& value, std::string_view type, std::string_view part) {
  if constexpr (is_stored<Value>) {
    const std::string what = "the " + std::string{part} + " of " + std::string{type} + " ";
    std::string error;
    try {
      const Value back = stored(value);
      if constexpr (is_told_apart<Value>()) {
        if (!are_equal(value, back)) {
          error = what +
                  "does not come back from its JSON as it was (expected: as it was, actual: as it comes back)\n" +
                  side_by_side(difference_of(value, back));
        }
      }
    } catch (const std::exception& exception) {
      error = what + "cannot be stored: " + exception.what() + "\n";
    }
    if (!error.empty()) report_failure(error);
  }
}

template <class Payload>
void check_event_stored(const Payload& payload) {
  check_stored(payload, Payload::type, "payload");
}
template <class Payload>
void check_event_stored(const EventDetail<Payload>& event) {
  check_stored(event.payload, Payload::type, "payload");
  check_stored(event.metadata, Payload::type, "metadata");
}
template <class Payload>
void check_event_stored(const EventWithMetadata<Payload>& event) {
  check_stored(event.payload, Payload::type, "payload");
  check_stored(event.metadata, Payload::type, "metadata");
}
template <class... Events>
void check_event_stored(const std::variant<Events...>& event) {
  std::visit([](const auto& value) { check_event_stored(value); }, event);
}

/// The same as a storage gives it back, to a function; as it is in constant expressions, and where it is not stored.
template <class Value, class Function>
constexpr decltype(auto) use_stored(const Value& value, const Function& use) {
  if constexpr (is_stored<Value>) {
    if (!std::is_constant_evaluated()) return use(stored(value));
  }
  return use(value);
}

}  // namespace castore::testing::detail

#endif
