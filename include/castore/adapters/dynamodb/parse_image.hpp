// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_PARSE_IMAGE_HPP
#define CASTORE_ADAPTERS_DYNAMODB_PARSE_IMAGE_HPP

#include <castore/core/events.hpp>
#include <castore/detail/decimal.hpp>
#include <castore/detail/text.hpp>
#include <castore/json.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_json.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace castore {

namespace detail {

/// An attribute value of DynamoDB as the JSON it stands for, as the DynamoDB adapter reads it: sets become arrays,
/// binary its base64 text. Source: Amazon DynamoDB API reference, AttributeValue.
/// @throws InvalidMessageError
inline nlohmann::json json_of_attribute(const nlohmann::json& attribute, const char* field, std::size_t depth = 0) {
  const auto demand = [field](bool condition) {
    if (!condition) {
      throw InvalidMessageError{field, "it is not an attribute value of DynamoDB that stands for JSON"};
    }
  };
  const auto number = [&demand](const nlohmann::json& value) {
    demand(value.is_string());
    const auto& text = value.get_ref<const std::string&>();
    const auto decimal = parse_decimal(text);
    demand(decimal.has_value());
    nlohmann::json result = nlohmann::json::parse(is_plain_integer(text) ? text : to_text(*decimal), nullptr, false);
    demand(result.is_number());
    return result;
  };
  const auto text = [&demand](const nlohmann::json& value) {
    demand(value.is_string());
    return value;
  };
  const auto array_of = [&demand](const nlohmann::json& elements, const auto& read_element) {
    demand(elements.is_array());
    nlohmann::json result = nlohmann::json::array();
    for (const nlohmann::json& element : elements) result.push_back(read_element(element));
    return result;
  };
  demand(attribute.is_object() && attribute.size() == 1 && depth <= dynamodb_max_read_depth);
  const std::string& type = attribute.begin().key();
  const nlohmann::json& value = attribute.begin().value();
  if (type == "S" || type == "B") return text(value);
  if (type == "N") return number(value);
  if (type == "SS" || type == "BS") return array_of(value, text);
  if (type == "NS") return array_of(value, number);
  if (type == "L") {
    return array_of(value, [&](const nlohmann::json& element) { return json_of_attribute(element, field, depth + 1); });
  }
  if (type == "M") {
    demand(value.is_object());
    nlohmann::json result = nlohmann::json::object();
    for (const auto& [key, member] : value.items()) result[key] = json_of_attribute(member, field, depth + 1);
    return result;
  }
  demand((type == "BOOL" || type == "NULL") && value.is_boolean());
  return type == "BOOL" ? value : nlohmann::json{};
}

}  // namespace detail

/// @brief The message of an image in a DynamoDB stream (`NewImage`) of a single table of events. Reach for it where a
/// stream, not the program that pushes, publishes: then a committed event cannot be missed.
/// @param event_stores `std::tie(store, ...)`: whose events the table holds.
/// @param image Attribute values as in the stream's record: `{"aggregateId": {"S": "POKEMONS#pikachu"}, ...}`. What is
/// before the first `#` is the event store's id.
/// @throws InvalidMessageError (report): not an event, or of no store given; what is wrong with the event is nested.
template <class... Stores>
EventStoreNotificationMessage<Stores...> parse_image(std::tuple<Stores&...> event_stores, const nlohmann::json& image) {
  using Message = EventStoreNotificationMessage<Stores...>;
  nlohmann::json event = nlohmann::json::object();
  for (const char* const name : {"aggregateId", "version", "type", "timestamp", "payload", "metadata"}) {
    const auto found = image.is_object() ? image.find(name) : image.end();
    if (found != image.end()) event[name] = detail::json_of_attribute(*found, name);
  }
  const std::string key = detail::message_string(event, "aggregateId");
  const std::size_t end = key.find('#');
  if (end == std::string::npos) {
    throw InvalidMessageError{"aggregateId", detail::in_quotes(key) + " is not of the form STORE#AGGREGATE"};
  }
  const std::string_view event_store_id = std::string_view{key}.substr(0, end);
  event["aggregateId"] = key.substr(end + 1);
  std::optional<Message> message;
  std::apply(
      [&](const auto&... stores) {
        const auto try_store = [&]<class Store>(const Store& store) {
          if (message || store.event_store_id() != event_store_id) return;
          using Events = typename Store::Events;
          message.emplace(NotificationMessage<Events>{
              std::string{event_store_id},
              detail::in_message_field("event", [&] { return event.get<Event<Events>>(); })});
        };
        (try_store(stores), ...);
      },
      event_stores);
  if (!message) {
    throw InvalidMessageError{"aggregateId", "no event store is called " + detail::in_quotes(event_store_id)};
  }
  return *std::move(message);
}

}  // namespace castore

#endif
