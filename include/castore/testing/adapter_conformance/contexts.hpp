// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_CONTEXTS_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_CONTEXTS_HPP

/// @file
/// The part of law 7 about contexts: they come back, and metadata come back without them.

#include <castore/core/context.hpp>
#include <castore/core/event_group.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/law_events.hpp>
#include <castore/testing/adapter_conformance/values.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace castore::testing::detail {

inline Json context_to_json(const Context& context) {
  return {{"correlationId", context.correlation_id},
          {"causationId", context.causation_id},
          {"traceparent", context.traceparent}};
}

/// Of events with metadata and without, with a payload and without; pushed by an event store, or as records by whoever
/// knows the form.
inline void contexts_come_back(const AdapterUnderTest& adapter) {
  const Context context{.correlation_id = "order \"7\" \\ \xf0\x9f\x90\x89\n",
                        .causation_id = "S#a#1",
                        .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
  const Json user{{"user", "ann"}, {"tags", {1, nullptr}}};
  const std::vector<std::optional<Json>> metadata{std::nullopt, std::nullopt, user, std::nullopt};
  auto store = adapter.store("S");
  if (adapter.way() == Way::records) {
    const Json alone{{"$context", context_to_json(context)}};
    Json both = user;
    both.update(alone);
    push_raw(adapter, {"a", 1, std::string{Marked::type}, at(0), {}, alone.dump()});
    push_raw(adapter, {"a", 2, std::string{Valued::type}, at(0), "{\"value\":1}", alone.dump()});
    push_raw(adapter, {"a", 3, std::string{Valued::type}, at(0), "{\"value\":1}", both.dump()});
    push_raw(adapter, {"a", 4, std::string{Marked::type}, at(0), {}, {}});
  } else {
    store.push_event("a", 1, Marked{}, {.timestamp = at(0), .context = context});
    push_event_group(store.group_event("a", 2, Valued{1}, {.timestamp = at(0), .context = context}));
    store.push_event("a", 3, Valued{1},
                     {.timestamp = at(0), .metadata = std::optional<Json>{std::in_place, user}, .context = context});
    store.push_event("a", 4, Marked{}, {.timestamp = at(0)});
  }

  const auto events = store.get_events("a");
  const std::vector<EventRecord> records = get_raw(adapter, "a");
  expect_equal(events.size(), std::size_t{4}, "the number of events");
  expect_equal(records.size(), std::size_t{4}, "the number of records");
  for (std::size_t index = 0; index < events.size(); ++index) {
    const std::string name = "event " + std::to_string(index + 1);
    const bool has_context = index < 3;
    expect(has_context == static_cast<bool>(events[index].context()), has_context ? name + " with a context" : name,
           has_context ? "none" : "one with a context");
    if (const auto* valued = events[index].get_if<Valued>()) {
      expect(valued->metadata == metadata[index], name + " with its metadata and nothing else",
             valued->metadata ? valued->metadata->dump() : "none");
    }
    if (!has_context) continue;
    expect(*events[index].context() == context, context_to_json(context).dump(),
           context_to_json(*events[index].context()).dump());
    Json stored = metadata[index].value_or(Json::object());
    stored["$context"] = context_to_json(context);
    expect_same_json(Json::parse(records[index].metadata), stored);
  }
  expect_equal(records[3].metadata, std::string{}, "metadata of an event without a context");
}

inline constexpr AdapterLaw context_laws[] = {
    {7, "contexts come back", contexts_come_back},
};

}  // namespace castore::testing::detail

#endif
