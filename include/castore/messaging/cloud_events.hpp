// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_CLOUD_EVENTS_HPP
#define CASTORE_MESSAGING_CLOUD_EVENTS_HPP

/// @file
/// Messages as CloudEvents 1.0, both ways, for programs that want them in this form.
/// Source: CloudEvents 1.0.2, the specification, its JSON format, and its bindings to AMQP, Kafka and NATS.

#include <castore/config.hpp>
#include <castore/core/codec.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/detail/json_reader.hpp>
#include <castore/detail/json_text.hpp>
#include <castore/json/text.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>
#include <castore/messaging/message_json.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief In which form a channel's adapter sends messages. Consumers understand each of them, whatever is sent.
enum class MessageFormat {
  castore,            ///< The message's JSON, as Castore sends it.
  cloud_event,        ///< A CloudEvent in structured mode: JSON with the message in `data`.
  cloud_event_binary  ///< A CloudEvent in binary mode: the message's JSON, and the rest in headers or attributes.
};

/// @brief A message as a CloudEvent.
///
/// @code
/// const std::string text = castore::format_cloud_event(castore::to_cloud_event(castore::MessageView{message}));
/// // {"specversion": "1.0", "id": "POKEMONS#pikachu#2", "source": "/stores/POKEMONS", "type": "POKEMON_LEVELED_UP",
/// ... const auto again = queue.parse_message(castore::parse_cloud_event(text).data);
/// @endcode
struct CloudEvent {
  std::string id{};       ///< `store#aggregate#version`; without version when it says that an aggregate exists.
  std::string source{};   ///< `/stores/<store>`, as in a URL.
  std::string type{};     ///< The event's type, or `__AGGREGATE_EXISTS__`.
  std::string subject{};  ///< The aggregate's id; not sent when it is empty.
  std::string time{};     ///< When it happened, as RFC 3339 has it; may be left out.
  bool replay = false;    ///< The extension `replay`: the message tells of the past.
  std::string data{};     ///< The message's JSON.

  friend bool operator==(const CloudEvent&, const CloudEvent&) = default;
};

namespace detail {

inline constexpr std::string_view cloud_event_content_type = "application/cloudevents+json";

/// A segment of a URL's path. Source: RFC 3986, 3.3.
inline std::string url_segment(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  constexpr std::string_view plain = "-._~!$&'()*+,;=:@";
  std::string segment;
  for (const char character : text) {
    const bool is_plain = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
                          (character >= '0' && character <= '9') || plain.find(character) != std::string_view::npos;
    if (is_plain) {
      segment += character;
    } else {
      const auto byte = static_cast<unsigned char>(character);
      segment += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
    }
  }
  return segment;
}

/// Of ASCII.
inline char small_letter(char character) noexcept {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

/// A content type without its parameters.
inline std::string_view plain_content_type(std::string_view type) noexcept {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return type;
}
/// Whether a content type is this one, whatever its parameters.
inline bool is_content_type(std::string_view type, std::string_view wanted) noexcept {
  return std::ranges::equal(plain_content_type(type), wanted, {}, small_letter);
}
inline bool is_json_content_type(std::string_view type) noexcept {
  type = plain_content_type(type);
  constexpr std::string_view suffix = "+json";
  return is_content_type(type, "application/json") || is_content_type(type, "text/json") ||
         (type.size() >= suffix.size() &&
          std::ranges::equal(type.substr(type.size() - suffix.size()), suffix, {}, small_letter));
}

/// @throws InvalidMessageError
inline const CloudEvent& checked_cloud_event(const CloudEvent& event, std::string_view version) {
  if (version != "1.0") throw InvalidMessageError{"specversion", "it must be 1.0"};
  const std::pair<const char*, const std::string&> needed[] = {
      {"id", event.id}, {"source", event.source}, {"type", event.type}};
  for (const auto& [name, text] : needed) {
    if (text.empty()) throw InvalidMessageError{name, "it is empty"};
  }
  if (!event.time.empty() && !parse_timestamp(event.time)) {
    throw InvalidMessageError{"time", "it is not an ISO 8601 date and time"};
  }
  return event;
}

}  // namespace detail

/// @brief A message as a CloudEvent. @param replay Whether it is published as one of the past.
/// @throws EventEncodeError, InvalidMessageError (fix: something in it has no JSON form)
inline CloudEvent to_cloud_event(const MessageView& message, bool replay = false) {
  const MessageHeader& header = message.header();
  return {.id = detail::plain_message_id(header),
          .source = "/stores/" + detail::url_segment(header.event_store_id),
          .type = std::string{header.event_type.value_or("__AGGREGATE_EXISTS__")},
          .subject = std::string{header.aggregate_id},
          .time = format_timestamp(header.timestamp),
          .replay = replay,
          .data = message.to_json()};
}

/// @brief The attributes of a CloudEvent without its data, by their names in the specification: binary mode has them in
/// headers, whose names begin as the carrier's binding says.
inline std::map<std::string, std::string> cloud_event_attributes(const CloudEvent& event) {
  std::map<std::string, std::string> attributes{
      {"specversion", "1.0"}, {"id", event.id}, {"source", event.source}, {"type", event.type}};
  if (!event.subject.empty()) attributes["subject"] = event.subject;
  if (!event.time.empty()) attributes["time"] = event.time;
  if (event.replay) attributes["replay"] = "true";
  return attributes;
}

/// @brief A CloudEvent in structured mode: JSON.
/// @throws InvalidMessageError (fix: an attribute is not UTF-8, or the data are not JSON)
inline std::string format_cloud_event(const CloudEvent& event) {
  detail::check_message_json<max_json_depth>("data", event.data);
  return detail::in_message_field("cloudEvent", [&] {
    nlohmann::json json = cloud_event_attributes(event);
    if (event.replay) json["replay"] = true;
    json["datacontenttype"] = "application/json";
    std::string text = detail::json_to_text(json);
    text.pop_back();
    return text.append(",\"data\":").append(event.data).append("}");
  });
}

/// @brief A CloudEvent of its JSON, as any producer may write it. Attributes that messages do not have are left out.
/// @throws InvalidMessageError naming the attribute that is missing or wrong
inline CloudEvent parse_cloud_event(std::string_view json) {
  const std::string text{json};
  detail::check_message_json<max_json_depth + 1>("cloudEvent", text);  // a message is a level below
  const detail::MessageText parts{
      "cloudEvent",
      text,
      {"specversion", "id", "source", "type", "subject", "time", "replay", "datacontenttype", "data"},
      detail::OtherMembers::ignored};
  const auto has = [&parts](std::string_view name) {  // null is the same as nothing
    return !parts.text_of(name).empty() && parts.text_of(name) != "null";
  };
  const auto optional_string = [&](std::string_view name) { return has(name) ? parts.string(name) : std::string{}; };
  CloudEvent event{.id = parts.string("id"),
                   .source = parts.string("source"),
                   .type = parts.string("type"),
                   .subject = optional_string("subject"),
                   .time = optional_string("time")};
  if (has("replay")) {
    const std::string_view replay = parts.text_of("replay");
    if (replay != "true" && replay != "false") throw InvalidMessageError{"replay", "it must be true or false"};
    event.replay = replay == "true";
  }
  const std::string content_type = optional_string("datacontenttype");
  if (!content_type.empty() && !detail::is_json_content_type(content_type)) {
    throw InvalidMessageError{"datacontenttype", "it must be application/json"};
  }
  event.data = parts.object("data");
  return detail::checked_cloud_event(event, parts.string("specversion"));
}

/// @brief A CloudEvent of its attributes and its data, as binary mode has them.
/// @throws InvalidMessageError naming the attribute that is missing or wrong
inline CloudEvent parse_cloud_event(const std::map<std::string, std::string>& attributes, std::string data) {
  const auto text = [&](const char* name) {
    const auto found = attributes.find(name);
    if (found == attributes.end()) return std::string{};
    detail::in_message_field(name, [&] { detail::check_utf8(found->second, {}); });
    return found->second;
  };
  const CloudEvent event{.id = text("id"),
                         .source = text("source"),
                         .type = text("type"),
                         .subject = text("subject"),
                         .time = text("time"),
                         .replay = text("replay") == "true",
                         .data = std::move(data)};
  return detail::checked_cloud_event(event, text("specversion"));
}

namespace detail {

/// Of the body that is sent in a form.
inline std::string content_type_of(MessageFormat format) {
  return format == MessageFormat::cloud_event ? std::string{cloud_event_content_type} : "application/json";
}

/// Whether a body of which nothing is said is a CloudEvent: producers of Kafka may leave the content type out, those of
/// NATS may be older than its headers.
inline bool is_untold_cloud_event(const std::string& body) {
  if (body.find("specversion") == std::string::npos || first_of_json(body) != '{') return false;
  if (!JsonTextCheck<max_json_depth + 1>{body}.is_value()) return false;  // whoever reads the body says why
  bool is_one = false;
  JsonReader{body}.for_each_member([&is_one](std::string_view name, std::string_view, std::size_t) {
    is_one = name == R"("specversion")";
    return !is_one;
  });
  return is_one;
}

/// A body that came, in whatever form it was sent.
struct ReceivedBody {
  std::string json{};  ///< The message's.
  bool replay = false;
};

/// @param headers Of which those of binary mode begin with one of the prefixes. @throws InvalidMessageError
inline ReceivedBody read_body(std::string body, std::string_view content_type,
                              const std::map<std::string, std::string>& headers,
                              std::initializer_list<std::string_view> prefixes) {
  const auto read = [](CloudEvent event) { return ReceivedBody{std::move(event.data), event.replay}; };
  const bool is_structured = is_content_type(content_type, cloud_event_content_type) ||
                             is_content_type(content_type, "application/cloudevents");
  if (is_structured) return read(parse_cloud_event(body));
  std::map<std::string, std::string> attributes;
  for (const auto& [name, value] : headers) {
    for (const std::string_view prefix : prefixes) {
      if (name.starts_with(prefix)) attributes.try_emplace(name.substr(prefix.size()), value);
    }
  }
  if (attributes.contains("specversion")) return read(parse_cloud_event(attributes, std::move(body)));
  if (content_type.empty() && is_untold_cloud_event(body)) return read(parse_cloud_event(body));
  return {std::move(body), false};
}

}  // namespace detail

}  // namespace castore

#endif
