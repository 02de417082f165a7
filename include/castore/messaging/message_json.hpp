// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_MESSAGE_JSON_HPP
#define CASTORE_MESSAGING_MESSAGE_JSON_HPP

/// @file
/// Messages as JSON in Castore's shape, both ways, by nlohmann_json's `json = message` and `json.get<Message>()`:
/// `{"eventStoreId", "aggregateId", "initialEventTimestamp"}`, `{"eventStoreId", "event"}` and
/// `{"eventStoreId", "event", "aggregate"}`. Source: \@castore/core 2.4.2, messaging/message.
/// An aggregate is what its codec makes of it, an object, plus `aggregateId` and `version`.

#include <castore/core/codec.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event.hpp>
#include <castore/core/event_checks.hpp>
#include <castore/core/event_codec.hpp>
#include <castore/core/events.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/json_reader.hpp>
#include <castore/detail/json_text.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>
#include <castore/json.hpp>
#include <castore/json/kinds.hpp>
#include <castore/json/object_text.hpp>
#include <castore/json/storable.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <initializer_list>
#include <limits>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

namespace detail {

template <class Events>
inline constexpr bool are_encodable = false;
template <class... Payloads>
inline constexpr bool are_encodable<Events<Payloads...>> = (EncodablePayload<Payloads> && ...);

template <class Message>
struct MessageJson {
  static constexpr bool is_possible = true;
};
template <class Events>
struct MessageJson<NotificationMessage<Events>> {
  static constexpr bool is_possible = are_encodable<Events>;
};
template <class Events, class Aggregate>
struct MessageJson<StateCarryingMessage<Events, Aggregate>> {
  static constexpr bool is_possible = are_encodable<Events> && HasCodec<Aggregate>;
};
template <class... Messages>
struct MessageJson<AnyOfMessages<Messages...>> {
  static constexpr bool is_possible = (MessageJson<Messages>::is_possible && ...);
};

inline const nlohmann::json& message_field(const nlohmann::json& json, const char* name, nlohmann::json::value_t type) {
  const auto found = json.is_object() ? json.find(name) : json.end();
  if (found == json.end()) throw InvalidMessageError{name, "it is missing"};
  if (found->type() != type) {
    throw InvalidMessageError{name,
                              type == nlohmann::json::value_t::string ? "it must be a string" : "it must be an object"};
  }
  return *found;
}

inline std::string message_string(const nlohmann::json& json, const char* name) {
  return message_field(json, name, nlohmann::json::value_t::string).get<std::string>();
}

/// Gives what goes wrong in a part of a message the part's name.
template <class Function>
auto in_message_field(const char* name, Function function) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    const auto* const named = dynamic_cast<const InvalidMessageError*>(&error);
    if (named != nullptr && named->field() == name) throw;
    std::string what = without_prefix(error.what());
    constexpr std::string_view said = "message: ";
    if (named != nullptr && what.starts_with(said)) what.erase(0, said.size());
    std::throw_with_nested(InvalidMessageError{name, what});
  }
}

/// An aggregate that is stored by its fields, with the id among them, which has another name in a message.
template <class Aggregate>
inline constexpr bool has_found_id = PlainStruct<Aggregate> && requires { codec<Aggregate>::explain(); };

/// @throws InvalidMessageError unless the text is one JSON value
template <std::size_t max_depth>
void check_message_json(const char* name, const std::string& json) {
  JsonTextCheck<max_depth> text{json};
  if (!text.is_value()) throw InvalidMessageError{name, "it is not JSON: " + text.fault()};
}

inline void check_message_string(const char* name, const std::string& text) {
  in_message_field(name, [&] { check_utf8(text, {}); });
}
inline void append_message_string(std::string& json, const char* name, const std::string& text) {
  check_message_string(name, text);
  append_quoted_json(json, text);
}

/// Appends the members of an object, but for some, as the text that they are, each behind a comma.
inline void append_other_members(std::string& json, std::string_view object,
                                 std::initializer_list<std::string_view> left_out) {
  JsonReader{object}.for_each_member([&](std::string_view name, std::string_view value, std::size_t) {
    if (std::ranges::find(left_out, json_string(name)) == left_out.end()) {
      json.append(1, ',').append(name).append(1, ':').append(value);
    }
    return true;
  });
}

template <class Aggregate>
void append_aggregate(std::string& json, const Aggregate& aggregate) {
  in_message_field("aggregate", [&] {
    const std::string text = codec<Aggregate>::encode(aggregate);
    if (!text.empty()) {
      constexpr std::size_t levels_of_message = 1;
      check_message_json<max_json_depth - levels_of_message>("aggregate", text);
      if (first_of_json(text) != '{') throw InvalidMessageError{"aggregate", "its codec must make an object of it"};
    }
    json.append(R"({"aggregateId":)");
    append_message_string(json, "aggregateId", aggregate.aggregate_id);
    json.append(R"(,"version":)").append(std::to_string(aggregate.version));
    if constexpr (has_found_id<Aggregate>) {
      append_other_members(json, text, {"aggregateId", "version", "aggregate_id"});
    } else if (!text.empty()) {
      append_other_members(json, text, {"aggregateId", "version"});
    }
    json += '}';
  });
}

/// The members of a message. Others are ignored, as its writer may know more than we do.
using MessageText = ObjectText<InvalidMessageError>;

/// @param text Must outlive the result. @throws InvalidMessageError
inline MessageText message_text(const std::string& text) {
  check_message_json<max_json_depth>("message", text);
  return {"message",
          text,
          {"eventStoreId", "aggregateId", "initialEventTimestamp", "event", "aggregate"},
          OtherMembers::ignored};
}

/// @throws InvalidMessageError
template <class Aggregate>
Aggregate aggregate_of(const MessageText& message) {
  const std::string_view text = message.object("aggregate");
  return in_message_field("aggregate", [&] {
    const MessageText members{"aggregate", text, {"aggregateId", "version"}, OtherMembers::ignored};
    const std::string id = members.string("aggregateId");
    const auto decode = [&] {
      if constexpr (has_found_id<Aggregate>) {
        std::string with_id{R"({"aggregate_id":)"};
        append_quoted_json(with_id, id);
        append_other_members(with_id, text, {"aggregate_id"});
        return codec<Aggregate>::decode(with_id.append(1, '}'));
      } else {
        return codec<Aggregate>::decode(text);
      }
    };
    Aggregate aggregate = decode();
    aggregate.aggregate_id = id;
    const std::optional<Version> version = parse_integer<Version>(members.text_of("version"));
    if (!version) throw InvalidMessageError{"aggregate", "its version must be an integer of 64 bits"};
    aggregate.version = *version;
    return aggregate;
  });
}

/// @throws InvalidMessageError
template <class Events>
Event<Events> event_of(const MessageText& message) {
  const std::string_view text = message.object("event");
  return in_message_field("event", [&] {
    const ObjectText<InvalidEventError> event{
        "event", text, {"aggregateId", "version", "type", "timestamp", "payload", "metadata"}, OtherMembers::ignored};
    return event_from_record<Event<Events>>(Events{}, event_record_of(event, (std::numeric_limits<Version>::min)()));
  });
}

/// @throws EventEncodeError, InvalidMessageError
template <class Events>
void append_event_of(std::string& json, const Event<Events>& event) {
  const EventRecord record = event.visit([](const auto& detail) {
    return encode_event({}, detail.aggregate_id, detail.version, detail.timestamp, detail.payload, detail.metadata,
                        detail.context);
  });
  check_message_string("aggregateId", record.aggregate_id);
  check_message_string("type", record.type);
  in_message_field("timestamp", [&] { check_timestamp(record.timestamp); });
  constexpr std::size_t levels_of_message = 2;
  constexpr std::size_t max_depth = max_json_depth - levels_of_message;
  if (!record.payload.empty()) check_message_json<max_depth>("payload", record.payload);
  if (!record.metadata.empty()) check_message_json<max_depth>("metadata", record.metadata);
  json.reserve(json.size() + record.payload.size() + record.metadata.size() + record.aggregate_id.size() + 160);
  append_event_json(json, record);
}

/// The text of messages of a type, both ways.
template <class Message>
struct MessageForm;
template <>
struct MessageForm<AggregateExistsMessage> {
  static void append(std::string& json, const AggregateExistsMessage& message) {
    json.append(R"({"eventStoreId":)");
    append_message_string(json, "eventStoreId", message.event_store_id);
    json.append(R"(,"aggregateId":)");
    append_message_string(json, "aggregateId", message.aggregate_id);
    json.append(R"(,"initialEventTimestamp":")");
    in_message_field("initialEventTimestamp", [&] { check_timestamp(message.initial_event_timestamp); });
    json.append(format_timestamp(message.initial_event_timestamp)).append(R"("})");
  }
  static AggregateExistsMessage read(const MessageText& text) {
    return {text.string("eventStoreId"), text.string("aggregateId"), text.timestamp("initialEventTimestamp")};
  }
};
template <class Events>
struct MessageForm<NotificationMessage<Events>> {
  static void append(std::string& json, const NotificationMessage<Events>& message) {
    json.append(R"({"eventStoreId":)");
    append_message_string(json, "eventStoreId", message.event_store_id);
    json.append(R"(,"event":)");
    append_event_of(json, message.event);
    json += '}';
  }
  static NotificationMessage<Events> read(const MessageText& text) {
    return {.event_store_id = text.string("eventStoreId"), .event = event_of<Events>(text)};
  }
};
template <class Events, class Aggregate>
struct MessageForm<StateCarryingMessage<Events, Aggregate>> {
  static void append(std::string& json, const StateCarryingMessage<Events, Aggregate>& message) {
    json.append(R"({"eventStoreId":)");
    append_message_string(json, "eventStoreId", message.event_store_id);
    json.append(R"(,"event":)");
    append_event_of(json, message.event);
    json.append(R"(,"aggregate":)");
    append_aggregate(json, message.aggregate);
    json += '}';
  }
  static StateCarryingMessage<Events, Aggregate> read(const MessageText& text) {
    return {.event_store_id = text.string("eventStoreId"),
            .event = event_of<Events>(text),
            .aggregate = aggregate_of<Aggregate>(text)};
  }
};
template <class... Messages>
struct MessageForm<AnyOfMessages<Messages...>> {
  static void append(std::string& json, const AnyOfMessages<Messages...>& message) {
    message.visit([&json]<class Message>(const Message& one) { MessageForm<Message>::append(json, one); });
  }
};

/// A message in Castore's shape, with its members in the same order. @throws EventEncodeError, InvalidMessageError
template <class Message>
std::string message_to_text(const Message& message) {
  std::string json;
  MessageForm<Message>::append(json, message);
  return json;
}

/// The same for whoever goes on with parsed values. A serializer assigns what it has made at the end: nlohmann_json
/// frees nothing of a value whose serializer throws.
template <class Message>
nlohmann::json message_to_json(const Message& message) {
  const std::string text = message_to_text(message);
  return in_message_field("message", [&] { return text_to_json(text); });
}

/// @throws InvalidMessageError
template <class Message>
Message message_from_json(const nlohmann::json& json) {
  const std::string text = in_message_field("message", [&] { return json_to_text(json); });
  return MessageForm<Message>::read(message_text(text));
}

}  // namespace detail

/// @brief Messages with a JSON form: their events' payloads and, if they carry state, the aggregates have codecs.
template <class Message>
concept EncodableMessage = MessageType<Message> && detail::MessageJson<Message>::is_possible;

/// @brief True for JSON with an aggregate's id, as only a message without an event has. It and the next three are
/// Castore's guards; they look at the shape only.
inline bool is_aggregate_exists_message(const nlohmann::json& message) { return message.contains("aggregateId"); }
/// @brief True for JSON with an event: a notification or a state-carrying message.
inline bool is_event_carrying_message(const nlohmann::json& message) { return message.contains("event"); }
/// @brief True for JSON with an event alone.
inline bool is_notification_message(const nlohmann::json& message) {
  return is_event_carrying_message(message) && !message.contains("aggregate");
}
/// @brief True for JSON with an event and the aggregate after it.
inline bool is_state_carrying_message(const nlohmann::json& message) {
  return is_event_carrying_message(message) && message.contains("aggregate");
}

}  // namespace castore

/// @throws castore::InvalidMessageError on the way back.
template <>
struct nlohmann::adl_serializer<castore::AggregateExistsMessage> {
  static void to_json(json& json, const castore::AggregateExistsMessage& message) {
    json = castore::detail::message_to_json(message);
  }
  static castore::AggregateExistsMessage from_json(const json& json) {
    return castore::detail::message_from_json<castore::AggregateExistsMessage>(json);
  }
};

/// @throws castore::InvalidMessageError on the way back, what is wrong with the event is nested.
template <class Events>
struct nlohmann::adl_serializer<castore::NotificationMessage<Events>> {
  static void to_json(json& json, const castore::NotificationMessage<Events>& message) {
    json = castore::detail::message_to_json(message);
  }
  static castore::NotificationMessage<Events> from_json(const json& json) {
    return castore::detail::message_from_json<castore::NotificationMessage<Events>>(json);
  }
};

/// @throws castore::InvalidMessageError both ways.
template <class Events, class Aggregate>
struct nlohmann::adl_serializer<castore::StateCarryingMessage<Events, Aggregate>> {
  static void to_json(json& json, const castore::StateCarryingMessage<Events, Aggregate>& message) {
    json = castore::detail::message_to_json(message);
  }
  static castore::StateCarryingMessage<Events, Aggregate> from_json(const json& json) {
    return castore::detail::message_from_json<castore::StateCarryingMessage<Events, Aggregate>>(json);
  }
};

/// @brief A message of one of several stores. The way back needs the stores' ids: see a channel's `parse_message`.
template <class... Messages>
struct nlohmann::adl_serializer<castore::AnyOfMessages<Messages...>> {
  static void to_json(json& json, const castore::AnyOfMessages<Messages...>& message) {
    json = castore::detail::message_to_json(message);
  }
};

#endif
