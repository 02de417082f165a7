// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_HPP
#define CASTORE_JSON_HPP

/// @file
/// The default codec: payloads and metadata as JSON, by their fields or by nlohmann_json's `to_json` and `from_json`;
/// and events as JSON in Castore's shape.

#include <castore/core/codec.hpp>
#include <castore/core/context.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/events.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/field_faults.hpp>
#include <castore/fwd.hpp>
#include <castore/json/comes_back.hpp>
#include <castore/json/kinds.hpp>
#include <castore/json/standard_types.hpp>
#include <castore/json/storable.hpp>
#include <castore/json/text.hpp>
#include <castore/json/unknown_fields.hpp>
#include <castore/json/values.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore {

/// @brief The codec of every type that nlohmann_json converts; of structs with public fields and no JSON functions, by
/// their fields; and of types without fields, which need nothing.
///
/// Conversions are looked for in this order: a `castore::codec` of the program's; the type's own `to_json` and
/// `from_json`, both, and for exactly this type (`NLOHMANN_DEFINE_TYPE_INTRUSIVE` writes them); its fields, up to 128.
/// These may be of any type in the table of docs/guides/event_fields.md: numbers, text, enumerations by their names,
/// `std::optional` (left out when empty), containers, `std::variant`, times, and such structs; also `const`.
/// `castore/reflection.hpp` has what a struct may say about its fields: `json_case`, `json_names`, `added_fields`.
///
/// **Guarantees:** 64-bit integers and doubles come back to the last bit. NaN, infinity, text that is not UTF-8, binary
/// values and more than `max_json_depth` levels are errors, never replaced; so is an enumeration's value without a
/// name, and a value that does not come back equal, asked where the type has `==` and functions of its own, or a field
/// has (an enumerator that `NLOHMANN_JSON_SERIALIZE_ENUM` does not list, a field that `to_json` leaves out). What is
/// read must be of the field's type and within its range. Errors name the field. What the compiler can see does not
/// compile: functions of a base class, one of the two functions alone, fields that point elsewhere (`std::string_view`,
/// `std::span`, pointers, references), `long double`. It cannot see into classes with private fields. An empty type is
/// no JSON at all, not `null`.
template <class Value>
struct codec {
  /// @brief JSON text. @throws std::invalid_argument naming the field that would not come back, what `to_json` throws
  static std::string encode(const Value& value)
    requires detail::is_storable<Value>
  {
    if constexpr (detail::has_json<Value>) {
      return detail::encode_json(value);
    } else {
      return {};
    }
  }
  /// @brief Reads JSON text; of a type without fields, whatever is stored is ignored.
  /// @throws std::invalid_argument naming the field that is missing or does not fit its type; what nlohmann_json throws
  /// when the text is not JSON, and what `from_json` throws.
  static Value decode(std::string_view json)
    requires detail::is_storable<Value>
  {
    if constexpr (detail::has_json<Value>) {
      return detail::decode_json<Value>(json);
    } else {
      return Value();
    }
  }

  /// @brief The same for JSON that somebody sends: fields that the type does not have are errors, too.
  /// @throws What `decode` throws, naming the field and saying which there are
  static Value decode_input(std::string_view json)
    requires detail::is_storable<Value>
  {
    return detail::decode_json_input<Value>(json);
  }

  /// @brief For the library itself: does not compile, with the reason, where the type has no codec.
  static constexpr bool explain() { return decltype(fault())::explain(); }
  /// @brief For the library itself: that reason.
  static constexpr auto fault() { return detail::json_fault<Value>(); }
};

/// @brief An event record as JSON in Castore's shape:
/// `{"aggregateId", "version", "type", "timestamp", "payload", "metadata"}`, the last two only where the event has
/// them. A template, as the way back, so that only those who call it compile it; to pass it on, wrap it in a lambda.
/// @throws EventDecodeError when these are not JSON text; its event store's id is empty, as a record does not hold one.
template <std::same_as<nlohmann::json> Json = nlohmann::json>
Json record_to_json(const EventRecordView& record) {
  Json json{{"aggregateId", record.aggregate_id},
            {"version", record.version},
            {"type", record.type},
            {"timestamp", format_timestamp(record.timestamp)}};
  detail::with_event_in_error<EventDecodeError>({}, record.aggregate_id, record.version, record.type, [&] {
    if (!record.payload.empty()) json["payload"] = detail::text_to_json(record.payload);
    if (!record.metadata.empty()) json["metadata"] = detail::text_to_json(record.metadata);
  });
  return json;
}

/// @brief The way back. @throws InvalidEventError naming the field that is missing or wrong.
template <class = void>
EventRecord record_from_json(const nlohmann::json& json) {
  const auto field = [&json](const char* name, auto is_right, const char* wanted) -> const nlohmann::json& {
    const auto found = json.is_object() ? json.find(name) : json.end();
    if (found == json.end() || !is_right(*found)) throw InvalidEventError{name, std::string{"it must be "} + wanted};
    return *found;
  };
  const auto is_string = [](const nlohmann::json& value) { return value.is_string(); };
  const auto is_int64 = [](const nlohmann::json& value) {
    return value.is_number_integer() &&
           (!value.is_number_unsigned() || std::in_range<Version>(value.get<std::uint64_t>()));
  };
  const std::string& timestamp_text =
      field("timestamp", is_string, "a string, e.g. 2022-01-01T00:00:00.000Z").template get_ref<const std::string&>();
  const std::optional<Timestamp> timestamp = parse_timestamp(timestamp_text);
  if (!timestamp) {
    throw InvalidEventError{"timestamp", detail::in_quotes(timestamp_text) +
                                             " is not an ISO 8601 date and time, e.g. 2022-01-01T00:00:00.000Z"};
  }
  const auto text_of = [&json](const char* name) {
    const auto found = json.find(name);
    if (found == json.end()) return std::string{};
    try {
      return detail::json_to_text(*found);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      std::throw_with_nested(InvalidEventError{name, error.what()});
    }
  };
  return {.aggregate_id = field("aggregateId", is_string, "a string").template get<std::string>(),
          .version = field("version", is_int64, "an integer").template get<Version>(),
          .type = field("type", is_string, "a string").template get<std::string>(),
          .timestamp = *timestamp,
          .payload = text_of("payload"),
          .metadata = text_of("metadata")};
}

namespace detail {

/// @throws EventDecodeError, UnknownEventTypeError, whose event store's id is empty
template <class Event, class... Payloads>
Event event_from_record(Events<Payloads...> events, const EventRecordView& record) {
  std::optional<Event> event;
  decode_event(
      events, {}, record,
      [&]<class Payload, class Metadata>(Payload&& payload, Version version, Timestamp timestamp, Metadata&& metadata,
                                         EventContext context) {
        event.emplace(EventDetail<std::remove_cvref_t<Payload>>{.aggregate_id = std::string{record.aggregate_id},
                                                                .version = version,
                                                                .timestamp = timestamp,
                                                                .payload = std::forward<Payload>(payload),
                                                                .metadata = std::forward<Metadata>(metadata),
                                                                .context = std::move(context)});
      });
  return *std::move(event);
}

}  // namespace detail

}  // namespace castore

/// @brief Events to and from JSON in Castore's shape.
/// @throws castore::InvalidEventError, castore::EventDecodeError, castore::UnknownEventTypeError on the way back; the
/// event store's id in these is empty, as the JSON does not hold it.
template <class... Payloads>
struct nlohmann::adl_serializer<castore::Event<castore::Events<Payloads...>>> {
  using Event = castore::Event<castore::Events<Payloads...>>;

  static void to_json(json& json, const Event& event) {
    event.visit([&json](const auto& detail) { json = detail; });
  }
  static Event from_json(const json& json) {
    return castore::detail::event_from_record<Event>(castore::Events<Payloads...>{}, castore::record_from_json(json));
  }
};

/// @brief The same for an event whose type is known.
template <class Payload>
struct nlohmann::adl_serializer<castore::EventDetail<Payload>> {
  static void to_json(json& json, const castore::EventDetail<Payload>& detail) {
    json = castore::record_to_json(castore::detail::encode_event(
        {}, detail.aggregate_id, detail.version, detail.timestamp, detail.payload, detail.metadata, detail.context));
  }
  static castore::EventDetail<Payload> from_json(const json& json) {
    using Event = castore::Event<castore::Events<Payload>>;
    return std::get<castore::EventDetail<Payload>>(json.template get<Event>().variant());
  }
};

#endif
