// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_DETAIL_CONTEXT_IN_METADATA_HPP
#define CASTORE_CORE_DETAIL_CONTEXT_IN_METADATA_HPP

/// @file
/// The context of an event as the member `$context` of its metadata's text, both ways; and what may be in a context.
/// Source: W3C Trace Context 1, 3.2 (traceparent).

#include <castore/core/codec.hpp>
#include <castore/core/context.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/json_reader.hpp>
#include <castore/detail/json_text.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

inline constexpr std::string_view context_member = "\"$context\"";
/// A member of the context, where the metadata were an object without members and not absent.
inline constexpr std::string_view empty_metadata_member = "\"emptyMetadata\"";

/// True for `00-<32 digits>-<16 digits>-<2 digits>`, and for what later versions may append to it.
inline bool is_traceparent(std::string_view text) noexcept {
  constexpr std::size_t length = 55;
  constexpr auto is_digit = [](char character) {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
  };
  if (text.size() < length || text.size() > 512 || text.starts_with("ff")) return false;
  for (std::size_t place = 0; place < length; ++place) {
    const bool is_dash = place == 2 || place == 35 || place == 52;
    if (is_dash ? text[place] != '-' : !is_digit(text[place])) return false;
  }
  constexpr auto is_zero = [](char character) { return character == '0'; };
  if (std::ranges::all_of(text.substr(3, 32), is_zero) || std::ranges::all_of(text.substr(36, 16), is_zero))
    return false;
  return text.size() == length || (!text.starts_with("00") && text[length] == '-' && is_plain_ascii(text));
}

/// @throws InvalidEventError
inline void check_context(const Context& context) {
  const auto check_id = [](std::string_view field, const std::string& id) {
    if (id.size() > max_context_id_size) {
      throw InvalidEventError{
          field, in_quotes(id) + " is too long; it has at most " + std::to_string(max_context_id_size) + " bytes"};
    }
    if (!is_utf8_without_nul(id)) throw InvalidEventError{field, in_quotes(id) + " is not UTF-8 text without NUL"};
  };
  check_id("context.correlation_id", context.correlation_id);
  check_id("context.causation_id", context.causation_id);
  if (!context.traceparent.empty() && !is_traceparent(context.traceparent)) {
    throw InvalidEventError{"context.traceparent",
                            in_quotes(context.traceparent) +
                                " is not a traceparent of W3C; it must be like "
                                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, in small letters"};
  }
}

/// Without what could not be pushed: whoever goes on with such a context would never come to an end.
inline void drop_invalid_parts(Context& context) {
  const auto is_id = [](const std::string& id) { return id.size() <= max_context_id_size && is_utf8_without_nul(id); };
  if (!is_id(context.correlation_id)) context.correlation_id.clear();
  if (!is_id(context.causation_id)) context.causation_id.clear();
  if (!is_traceparent(context.traceparent)) context.traceparent.clear();
}

inline bool is_object_text(std::string_view json) noexcept { return first_of_json(json) == '{'; }

inline void append_utf8(std::string& text, unsigned point) {
  const auto add = [&text](unsigned byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xC0U | point >> 6U);
  } else {
    if (point < 0x10000) {
      add(0xE0U | point >> 12U);
    } else {
      add(0xF0U | point >> 18U);
      add(0x80U | (point >> 12U & 0x3FU));
    }
    add(0x80U | (point >> 6U & 0x3FU));
  }
  add(0x80U | (point & 0x3FU));
}

/// The text of a JSON string; empty for other values.
inline std::string string_of_json(std::string_view json) {
  constexpr std::string_view letters = "bfnrt";
  constexpr std::string_view controls = "\b\f\n\r\t";
  std::string text;
  if (!json.starts_with('"')) return text;
  const auto code_unit = [json](std::size_t place) {
    unsigned unit = 0;
    for (const char digit : json.substr(place, 4)) {
      unit = unit * 16 + static_cast<unsigned>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    return unit;
  };
  for (std::size_t place = 1; place + 1 < json.size(); ++place) {
    if (json[place] != '\\') {
      text += json[place];
    } else if (json[++place] != 'u') {
      const std::size_t control = letters.find(json[place]);
      text += control == std::string_view::npos ? json[place] : controls[control];
    } else {
      unsigned point = code_unit(place + 1);
      place += 4;
      if (point >= 0xD800 && point <= 0xDBFF) {  // the first of two
        point = 0x10000 + ((point - 0xD800) << 10U) + (code_unit(place + 3) - 0xDC00);
        place += 6;
      }
      append_utf8(text, point);
    }
  }
  return text;
}

/// Whether it is worth to look for a context.
inline bool may_have_context(std::string_view metadata) noexcept {
  return metadata.find('$') != std::string_view::npos && metadata.find(context_member) != std::string_view::npos;
}

/// Metadata of an event as it was given, and its context.
struct MetadataAndContext {
  std::string metadata{};
  EventContext context{};
};

/// Takes the context out of stored metadata. What is not a context of this form stays.
inline MetadataAndContext take_context(std::string_view stored) {
  MetadataAndContext taken{std::string{stored}, {}};
  if (!JsonTextCheck<max_json_depth + 2>{taken.metadata}.is_value() || !is_object_text(stored)) return taken;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t count = 0;
  std::string_view context_text;
  JsonReader reader{stored};
  reader.for_each_member([&](std::string_view name, std::string_view value, std::size_t place) {
    if (name != context_member || !value.starts_with('{')) return true;
    begin = place;
    end = reader.place();
    context_text = value;
    return ++count == 1;
  });
  if (count != 1) return taken;  // of two, neither is that of the event

  Context context;
  bool was_empty = false;
  JsonReader{context_text}.for_each_member([&](std::string_view name, std::string_view value, std::size_t) {
    if (name == "\"correlationId\"") context.correlation_id = string_of_json(value);
    if (name == "\"causationId\"") context.causation_id = string_of_json(value);
    if (name == "\"traceparent\"") context.traceparent = string_of_json(value);
    was_empty = was_empty || name == empty_metadata_member;
    return true;
  });
  drop_invalid_parts(context);
  const auto is_comma = [stored](std::size_t place) { return place != std::string_view::npos && stored[place] == ','; };
  const std::size_t before = stored.find_last_not_of(" \t\r\n", begin - 1);
  const std::size_t after = stored.find_first_not_of(" \t\r\n", end);
  if (is_comma(before)) {
    taken.metadata.erase(before, end - before);
  } else if (is_comma(after)) {
    taken.metadata.erase(begin, after + 1 - begin);
  } else {
    taken.metadata = was_empty ? "{}" : "";
  }
  taken.context = EventContext{std::move(context)};
  return taken;
}

/// The context alone.
inline EventContext context_in(std::string_view stored) {
  return may_have_context(stored) ? take_context(stored).context : EventContext{};
}

/// @throws InvalidEventError unless the metadata are absent or an object.
inline void check_room_for_context(std::string_view metadata) {
  if (metadata.empty() || is_object_text(metadata)) return;
  throw InvalidEventError{"metadata", "they are " + in_quotes(metadata, 40) +
                                          ", and only an object has room for a context; declare a struct as Metadata, "
                                          "or push the event without a context"};
}

/// Whether metadata have a member `$context`, however its name is written. @param is_object Only one that is an object
/// counts, as a context is one.
inline bool has_context_member(const std::string& metadata, bool is_object) {
  if (metadata.find_first_of("$\\") == std::string::npos || !is_object_text(metadata)) return false;
  if (!JsonTextCheck<max_json_depth + 2>{metadata}.is_value()) return false;  // which the storage will refuse
  bool has = false;
  JsonReader{metadata}.for_each_member([&](std::string_view name, std::string_view value, std::size_t) {
    has = (!is_object || value.starts_with('{')) && string_of_json(name) == "$context";
    return !has;
  });
  return has;
}

[[gnu::noinline]] inline std::string put_context(std::string metadata, const EventContext& context) {
  if (has_context_member(metadata, !context)) {  // with a context it would be there twice, whatever it is
    throw InvalidEventError{
        "metadata", "they have a member $context, which is that of the event's context; use the option context"};
  }
  if (!context) return metadata;
  check_room_for_context(metadata);
  if (!metadata.empty() && metadata.find('}') == std::string::npos) return metadata;  // which the storage will refuse
  const std::size_t end = metadata.rfind('}');
  const std::string rest = end == std::string::npos ? "" : metadata.substr(end + 1);
  if (metadata.empty()) {
    metadata = '{';
  } else {
    metadata.resize(metadata.find_last_not_of(" \t\r\n", end - 1) + 1);
  }
  const bool was_empty = end != std::string::npos && metadata.back() == '{' && is_object_text(metadata) &&
                         metadata.find_first_not_of(" \t\r\n") == metadata.size() - 1;
  if (metadata.back() != '{') metadata += ',';
  metadata.append(context_member).append(":{");
  const auto add = [&metadata](std::string_view name, std::string_view text) {
    if (text.empty()) return;
    if (metadata.back() != '{') metadata += ',';
    metadata.append(name);
    append_quoted_json(metadata, text);
  };
  add("\"correlationId\":", context->correlation_id);
  add("\"causationId\":", context->causation_id);
  add("\"traceparent\":", context->traceparent);
  if (was_empty) metadata.append(",").append(empty_metadata_member).append(":true");
  return metadata.append("}}").append(rest);
}

/// Metadata with a context, as they are stored. @throws InvalidEventError
inline std::string with_context(std::string metadata, const EventContext& context) {
  if (metadata.empty() && !context) return metadata;
  return put_context(std::move(metadata), context);
}

}  // namespace castore::detail

#endif
