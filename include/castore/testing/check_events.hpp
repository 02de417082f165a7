// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_CHECK_EVENTS_HPP
#define CASTORE_TESTING_CHECK_EVENTS_HPP

#include <castore/core/event.hpp>
#include <castore/core/events.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/fields.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/compare_values.hpp>
#include <castore/testing/domain.hpp>
#include <castore/testing/failure.hpp>
#include <castore/testing/given_when_then/scenario.hpp>
#include <castore/testing/given_when_then/stored.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>

namespace castore::testing {

namespace detail {

/// Gives a value, and all that it consists of, another value than the default, as far as the compiler knows its parts.
/// A field that is left out then shows.
template <class Value, class... Seen>
void fill(Value& value) {
  if constexpr (std::is_const_v<Value> || (std::same_as<Value, Seen> || ...)) {
    return;
  } else if constexpr (std::same_as<Value, bool>) {
    value = !value;
  } else if constexpr (std::is_arithmetic_v<Value>) {
    value = static_cast<Value>(value + static_cast<Value>(1));
  } else if constexpr (std::same_as<Value, std::string>) {
    value += "text";
  } else if constexpr (std::same_as<Value, Timestamp>) {
    value = Timestamp{std::chrono::sys_days{std::chrono::year{2022} / 1 / 1}};
  } else if constexpr (requires {
                         value = Value{typename Value::rep{1}};
                         value.count();
                       }) {
    value = Value{typename Value::rep{1}};
  } else if constexpr (is_optional_value<Value>) {
    if constexpr (std::default_initializable<typename Value::value_type>) {
      fill<typename Value::value_type, Value, Seen...>(value ? *value : value.emplace());
    }
  } else if constexpr (HasOrder<Value> && requires { value.emplace_back(); }) {
    if constexpr (!std::same_as<typename Value::value_type, bool>) {
      fill<typename Value::value_type, Value, Seen...>(value.emplace_back());
    }
  } else if constexpr (!std::is_empty_v<Value> && castore::detail::HasKnownFields<Value>) {
    castore::detail::use_fields(
        value, [](auto&... fields) { (fill<std::remove_reference_t<decltype(fields)>, Value, Seen...>(fields), ...); });
  }
}

/// An event of a type for which no sample was given.
template <class Payload>
void check_made_up_event() {
  if constexpr (!std::default_initializable<Payload> || !std::default_initializable<MetadataOf<Payload>>) {
    report_failure("check_events: " + std::string{Payload::type} +
                   " cannot be made up, as it has no default constructor; give a sample of it\n");
  } else {
    Payload payload{};
    fill(payload);
    check_stored(payload, Payload::type, "payload");
    MetadataOf<Payload> metadata{};
    fill(metadata);
    check_stored(metadata, Payload::type, "metadata");
  }
}

/// One payload or metadata type, checked so that a compiler's error names it.
template <class Payload>
constexpr void check_is_stored() {
  decltype(castore::detail::CheckedCodec<Payload>::fault())::explain();
}

template <class... Payloads, class... Samples>
void check_each_event(castore::Events<Payloads...>, const Samples&... samples) {
  (check_is_stored<Payloads>(), ...);
  (check_event_stored(samples), ...);
  const auto make_up = [&]<class Payload>(std::type_identity<Payload>) {
    if constexpr (!(std::same_as<typename PayloadOf<Samples>::type, Payload> || ...)) check_made_up_event<Payload>();
  };
  (make_up(std::type_identity<Payloads>{}), ...);
}

}  // namespace detail

/// @brief Checks that events come back from their JSON as they were: each is encoded, decoded and compared field by
/// field.
///
/// Samples are payloads, `with_metadata(payload, metadata)` or `EventDetail`s, as many of a type as are wanted. For a
/// type without a sample one is made up: its fields, which the compiler finds, get other values than their defaults, so
/// that a field which the JSON forgets shows. Enumerations and classes with private fields keep their defaults; give
/// samples of events that have them.
/// @code
/// check_events<PokemonEvents>(PokemonAppeared{"Pikachu", 5});
/// @endcode
/// `Events` is a list of events or the type of an event store.
/// @return True. @throws Failure which shows the fields that differ.
template <class Events, class... Samples>
bool check_events(const Samples&... samples) {
  if constexpr (detail::IsDomain<Events>) {
    return check_events<typename Events::Events>(samples...);
  } else {
    (detail::check_given<Events, Samples>(), ...);
    if constexpr ((detail::is_given_of<Events, Samples> && ...)) detail::check_each_event(Events{}, samples...);
    detail::report_pass();
    return true;
  }
}

}  // namespace castore::testing

#endif
