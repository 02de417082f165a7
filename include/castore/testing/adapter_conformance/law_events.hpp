// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_LAW_EVENTS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_LAW_EVENTS_HPP

/// @file
/// The events that the laws push.

#include <castore/core/aggregate.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>
#include <castore/json.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace castore::testing::detail {

/// The event of most laws: a text that tells it from others.
struct Noted {
  static constexpr std::string_view type = "LAW_NOTED";
  std::string text;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Noted, text)
};

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

struct LawAggregate : Aggregate {};

struct LawReducer {
  template <class Payload>
  void operator()(LawAggregate&, const Payload&) const {}
};

using LawEventStore = EventStore<Events<Noted, Valued, Marked>, LawAggregate, LawReducer>;

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
