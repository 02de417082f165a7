// SPDX-License-Identifier: MIT
#ifndef CASTORE_JSON_HPP
#define CASTORE_JSON_HPP

/// @file
/// The default codec: payloads and metadata as JSON, by nlohmann_json's `to_json` and `from_json`; and events as JSON in
/// Castore's shape.

#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/events.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>

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

/// @brief Types that nlohmann_json converts both ways, e.g. by `NLOHMANN_DEFINE_TYPE_INTRUSIVE`.
template <class Value>
concept JsonConvertible = requires(const Value& value, const nlohmann::json& json) {
  nlohmann::json(value);
  { json.get<Value>() } -> std::same_as<Value>;
};

/// @brief The deepest nesting of arrays and objects in a payload or metadata.
inline constexpr std::size_t max_json_depth = 500;

namespace detail {

/// Refuses what JSON text cannot hold and nlohmann would replace silently. Invalid UTF-8 is left to `dump`.
/// @throws std::invalid_argument
inline void check_json(const nlohmann::json& json, std::size_t depth = 0) {
  switch (json.type()) {
    case nlohmann::json::value_t::number_float:
      if (!std::isfinite(json.get_ref<const nlohmann::json::number_float_t&>())) {
        throw std::invalid_argument{"JSON has neither NaN nor infinity"};
      }
      break;
    case nlohmann::json::value_t::binary:
    case nlohmann::json::value_t::discarded:
      throw std::invalid_argument{"JSON has no binary values; encode them as text"};
    case nlohmann::json::value_t::array:
    case nlohmann::json::value_t::object:
      if (depth == max_json_depth) {
        throw std::invalid_argument{"it is nested deeper than " + std::to_string(max_json_depth) + " levels"};
      }
      for (const nlohmann::json& element : json) check_json(element, depth + 1);
      break;
    default:
      break;
  }
}

/// Text deeper than what is ever written could exhaust the stack of code that walks its values.
/// @throws std::invalid_argument
inline void check_json_depth(std::string_view text) {
  if (text.size() <= max_json_depth) return;
  std::size_t depth = 0;
  bool is_in_string = false;
  for (std::size_t index = 0; index < text.size(); ++index) {
    const char character = text[index];
    if (is_in_string) {
      if (character == '\\') ++index;
      if (character == '"') is_in_string = false;
    } else if (character == '"') {
      is_in_string = true;
    } else if (character == '[' || character == '{') {
      if (++depth > max_json_depth) {
        throw std::invalid_argument{"it is nested deeper than " + std::to_string(max_json_depth) + " levels"};
      }
    } else if ((character == ']' || character == '}') && depth > 0) {
      --depth;
    }
  }
}

inline std::string json_to_text(const nlohmann::json& json) {
  check_json(json);
  return json.dump();
}

inline nlohmann::json text_to_json(std::string_view text) {
  check_json_depth(text);
  return nlohmann::json::parse(text);
}

template <class Value>
Value decode_json(std::string_view text) {
  if (text.empty()) {
    throw std::invalid_argument{"the stored event has none, and this type needs one (metadata: declare it as "
                                "std::optional<M> when some events have none)"};
  }
  return text_to_json(text).template get<Value>();
}

}  // namespace detail

/// @brief The codec of every type that nlohmann_json converts, and of types without fields, which need nothing.
///
/// **Guarantees:** 64-bit integers and doubles come back to the last bit. NaN, infinity, text that is not UTF-8, binary
/// values and more than `max_json_depth` levels are errors, never replaced. An empty type is no JSON at all, not `null`.
template <class Value>
struct codec {
  /// @brief JSON text. @throws What nlohmann_json throws, as for text that is not UTF-8; and for NaN or infinity.
  static std::string encode(const Value& value)
    requires JsonConvertible<Value>
  {
    return detail::json_to_text(nlohmann::json(value));
  }
  /// @brief Reads JSON text. @throws What nlohmann_json throws when the text is no JSON or does not fit the type.
  static Value decode(std::string_view json)
    requires JsonConvertible<Value>
  {
    return detail::decode_json<Value>(json);
  }

  /// @brief Nothing: such a payload has no fields.
  static std::string encode(const Value&)
    requires(!JsonConvertible<Value> && std::is_empty_v<Value> && std::default_initializable<Value>)
  {
    return {};
  }
  /// @brief The value; whatever is stored is ignored.
  static Value decode(std::string_view)
    requires(!JsonConvertible<Value> && std::is_empty_v<Value> && std::default_initializable<Value>)
  {
    return {};
  }
};

/// @brief An event record as JSON in Castore's shape:
/// `{"aggregateId", "version", "type", "timestamp", "payload", "metadata"}`, the last two only where the event has them.
/// A template, as the way back, so that only those who call it compile it; to pass it on, wrap it in a lambda.
/// @throws EventDecodeError when these are no JSON text; its event store's id is empty, as a record does not hold one.
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
                                             " is no ISO 8601 date and time, e.g. 2022-01-01T00:00:00.000Z"};
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
    const castore::EventRecord record = castore::record_from_json(json);
    std::optional<Event> event;
    castore::detail::decode_event(
        castore::Events<Payloads...>{}, {}, record,
        [&]<class Payload, class Metadata>(Payload&& payload, castore::Version version, castore::Timestamp timestamp,
                                           Metadata&& metadata) {
          event.emplace(castore::EventDetail<std::remove_cvref_t<Payload>>{.aggregate_id = record.aggregate_id,
                                                                           .version = version,
                                                                           .timestamp = timestamp,
                                                                           .payload = std::forward<Payload>(payload),
                                                                           .metadata = std::forward<Metadata>(metadata)});
        });
    return *std::move(event);
  }
};

/// @brief The same for an event whose type is known.
template <class Payload>
struct nlohmann::adl_serializer<castore::EventDetail<Payload>> {
  static void to_json(json& json, const castore::EventDetail<Payload>& detail) {
    json = castore::record_to_json(castore::detail::encode_event({}, detail.aggregate_id, detail.version,
                                                                 detail.timestamp, detail.payload, detail.metadata));
  }
  static castore::EventDetail<Payload> from_json(const json& json) {
    using Event = castore::Event<castore::Events<Payload>>;
    return std::get<castore::EventDetail<Payload>>(json.template get<Event>().variant());
  }
};

#endif
