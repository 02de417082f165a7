// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_EVENT_PAGES_HPP
#define CASTORE_HTTP_EVENT_PAGES_HPP

/// @file
/// Events as answers: a page of them as JSON, as lines, or as a batch of CloudEvents.

#include <castore/core/event_log.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/http/problem.hpp>
#include <castore/http/route.hpp>
#include <castore/json/flat_event.hpp>
#include <castore/json/object_text.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

inline constexpr std::string_view json_lines_type = "application/x-ndjson";
inline constexpr std::string_view cloud_events_type = "application/cloudevents-batch+json";

/// The same bytes but for those that have a meaning in a query.
inline std::string escape_url(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string result;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    const char lower = lower_ascii(letter);
    const bool is_plain = (lower >= 'a' && lower <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
                          letter == '.' || letter == '_' || letter == '~';
    if (is_plain)
      result += letter;
    else
      result += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
  }
  return result;
}

/// Source: CloudEvents 1.0.2. Its own attributes have lower-case names; a version is text, as its integers have 32
/// bits.
inline std::string to_cloud_event_json(std::string_view event_store_id, const EventRecordView& event) {
  std::string json{R"({"specversion":"1.0","id":)"};
  const std::string version = std::to_string(event.version);
  append_quoted_json(json, std::string{event.aggregate_id} + '#' + version);
  json.append(R"(,"source":)");
  append_quoted_json(json, "/v1/events?store=" + escape_url(event_store_id));
  json.append(R"(,"type":)");
  append_quoted_json(json, event.type);
  json.append(R"(,"subject":)");
  append_quoted_json(json, event.aggregate_id);
  json.append(R"(,"time":")").append(format_timestamp(event.timestamp));
  json.append(R"(","aggregateversion":")").append(version).append(1, '"');
  if (!event.payload.empty()) json.append(R"(,"datacontenttype":"application/json")");
  append_json_member(json, "data", event.payload);
  return json += '}';
}

/// Events that are put together in the form that a request asks for, up to a size.
class EventPage {
 public:
  EventPage(const HttpCall& call, std::size_t max_size)
      : form_{call.accepts(json_lines_type)     ? Form::lines
              : call.accepts(cloud_events_type) ? Form::cloud_events
                                                : Form::json},
        max_size_{max_size} {}

  /// @return False when there was no room for it; the first one always has it.
  bool add(std::string_view event_store_id, const EventRecordView& event, Position position = 0) {
    std::string json = form_ == Form::cloud_events ? to_cloud_event_json(event_store_id, event)
                                                   : to_flat_event_json(event_store_id, event, position);
    if (count_ > 0 && json.size() > max_size_ - (std::min)(events_.size(), max_size_)) return false;
    if (form_ == Form::lines)
      json += '\n';
    else if (count_ > 0)
      events_ += ',';
    ++count_;
    events_ += json;
    return true;
  }
  std::size_t count() const noexcept { return count_; }

  /// @param members What follows the events: `,"position":7`. Other forms have no place for it.
  HttpApiResponse answer(std::string_view members) && {
    if (form_ == Form::lines) return json_answer(200, std::move(events_), std::string{json_lines_type});
    if (form_ == Form::cloud_events) return json_answer(200, '[' + events_ + ']', std::string{cloud_events_type});
    return json_answer(200, R"({"events":[)" + events_ + ']' + std::string{members} + '}');
  }

 private:
  enum class Form { json, lines, cloud_events };

  Form form_;
  std::size_t max_size_;
  std::string events_;
  std::size_t count_ = 0;
};

/// Thrown through a storage to end a reading.
struct PageIsFull {};

}  // namespace castore::detail

#endif
