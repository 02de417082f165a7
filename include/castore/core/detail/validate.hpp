// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_VALIDATE_HPP
#define CASTORE_CORE_DETAIL_VALIDATE_HPP

/// @file
/// What a type says of its own values: `static void validate(const TheType&)`, which throws an `InvalidEventError`.

#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace castore::detail {

template <class Value>
inline constexpr bool is_validated = HasValidate<Value>;
template <class Value>
inline constexpr bool is_validated<std::optional<Value>> = HasValidate<Value>;

template <class Value>
void validate_value(const Value& value) {
  Value::validate(value);
}
template <class Value>
void validate_value(const std::optional<Value>& value) {
  if (value) Value::validate(*value);
}

/// True when a payload or its metadata have something to say.
template <class Payload>
inline constexpr bool is_validated_event = is_validated<Payload> || is_validated<MetadataOf<Payload>>;
template <class... Payloads>
inline constexpr bool is_validated_event<Events<Payloads...>> = (is_validated_event<Payloads> || ...);

/// @throws InvalidPayloadError, what `validate` throws besides InvalidEventError
template <class Payload>
void validate_event(std::string_view event_store_id, std::string_view aggregate_id, Version version,
                    const Payload& payload, const MetadataOf<Payload>& metadata) {
  std::string before;
  try {
    if constexpr (is_validated<Payload>) validate_value(payload);
    before = "metadata.";
    if constexpr (is_validated<MetadataOf<Payload>>) validate_value(metadata);
  } catch (const InvalidEventError& error) {
    std::throw_with_nested(InvalidPayloadError{event_store_id, aggregate_id, version, Payload::type,
                                               before + error.field(), error.reason()});
  }
}

}  // namespace castore::detail

#endif
