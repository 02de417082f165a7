// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_LAW_EVENTS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_LAW_EVENTS_HPP

/// @file
/// The events that the laws push.

#include <castore/core/aggregate.hpp>
#include <castore/core/codec.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>
#include <castore/json.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castore::testing::detail {

/// The event of most laws: a text that tells it from others.
struct Noted {
  static constexpr std::string_view type = "LAW_NOTED";
  std::string text;
};

/// Most texts have nothing to escape, and a parser takes its time.
inline bool is_plain(const std::string& text) {
  constexpr const char* to_escape =
      "\"\\\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b"
      "\x1c\x1d\x1e\x1f\x7f";
  return std::strcspn(text.c_str(), to_escape) == text.size();
}

inline std::string noted_payload(const std::string& text) {
  if (!is_plain(text)) return nlohmann::json{{"text", text}}.dump();
  return "{\"text\":\"" + text + "\"}";
}

inline std::string noted_text(std::string_view payload) {
  constexpr std::string_view before = "{\"text\":\"";
  constexpr std::string_view after = "\"}";
  if (payload.starts_with(before) && payload.ends_with(after) && payload.size() >= before.size() + after.size()) {
    std::string text{payload.substr(before.size(), payload.size() - before.size() - after.size())};
    if (is_plain(text)) return text;
  }
  return nlohmann::json::parse(payload).at("text").get<std::string>();
}

}  // namespace castore::testing::detail

/// @brief The same JSON as the fields of the laws' event have, made and read in less time.
template <>
struct castore::codec<castore::testing::detail::Noted> {
  /// @brief `{"text":"..."}`
  static std::string encode(const testing::detail::Noted& noted) { return testing::detail::noted_payload(noted.text); }
  /// @brief Reads that. @throws nlohmann::json::exception
  static testing::detail::Noted decode(std::string_view json) { return {testing::detail::noted_text(json)}; }
};

namespace castore::testing::detail {

/// Any JSON value, with or without another one as metadata.
struct Valued {
  static constexpr std::string_view type = "LAW_VALUED";
  using Metadata = std::optional<nlohmann::json>;
  nlohmann::json value;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Valued, value)
};

/// No payload at all.
struct Marked {
  static constexpr std::string_view type = "LAW_MARKED";
};

/// Metadata and no payload.
struct Signed {
  static constexpr std::string_view type = "LAW_SIGNED";
  using Metadata = std::optional<nlohmann::json>;
};

/// Its metadata, made by braces from one of themselves, are a list of one.
struct Tagged {
  static constexpr std::string_view type = "LAW_TAGGED";
  using Metadata = nlohmann::json;
  int number = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Tagged, number)
};

/// So is the payload itself, and its metadata.
struct Listed {
  static constexpr std::string_view type = "LAW_LISTED";
  using Metadata = std::vector<nlohmann::json>;
  std::vector<nlohmann::json> values{};

  Listed() = default;
  Listed(std::initializer_list<nlohmann::json> all) : values{all} {}
  friend bool operator==(const Listed&, const Listed&) = default;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Listed, values)
};

struct LawAggregate : Aggregate {};

struct LawReducer {
  template <class Payload>
  void operator()(LawAggregate&, const Payload&) const {}
};

using LawEventStore = EventStore<Events<Noted, Valued, Marked, Signed, Tagged, Listed>, LawAggregate, LawReducer>;

/// An event `Noted` as the laws see it, whichever way it goes.
struct LawEvent {
  std::string event_store_id{};
  std::string aggregate_id{};
  Version version = 0;
  std::string text{};
  Timestamp timestamp{};

  friend bool operator==(const LawEvent&, const LawEvent&) = default;
};

using LawEventList = std::vector<LawEvent>;

inline std::string describe(const LawEvent& event) {
  return "version " + std::to_string(event.version) + " of " + describe(event.aggregate_id) + " in " +
         describe(event.event_store_id) + " (" + describe(event.text) + ", " + describe(event.timestamp) + ")";
}

/// A moment that many seconds after the first of 2024. Laws that are not about fractions use whole seconds.
inline Timestamp at(int seconds) {
  return std::chrono::sys_days{std::chrono::year{2024} / 1 / 1} + std::chrono::seconds{seconds};
}

}  // namespace castore::testing::detail

#endif
