// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_INITIAL_EVENTS_HPP
#define CASTORE_TESTING_INITIAL_EVENTS_HPP

/// @file
/// What mocked and muted event stores have in common: an in-memory storage that starts with given events.

#include <castore/adapters/in_memory.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <string>
#include <type_traits>
#include <vector>

namespace castore::testing::detail {

/// A store declared for this adapter can be put on an in-memory storage.
template <class Adapter>
concept HoldsInMemoryStorage = std::same_as<Adapter, AnyEventStorageAdapter> ||
                               std::is_convertible_v<InMemoryEventStorageAdapter*, Adapter*>;

/// Pushes the events as the store would, but without its hook: they happened before.
/// @throws InvalidEventError, VersionGapError, EventAlreadyExistsError when they are not valid history.
template <class Events, class Aggregate, class Reducer, class Adapter>
void push_initial_events(const EventStore<Events, Aggregate, Reducer, Adapter>& store,
                         InMemoryEventStorageAdapter& storage, const std::vector<Event<Events>>& events) {
  if constexpr (std::copy_constructible<Event<Events>>) {
    EventStore<Events, Aggregate, Reducer, InMemoryEventStorageAdapter> silent{
        std::string{store.event_store_id()},
        storage,
        {.reducer = store.options().reducer, .clock = store.options().clock}};
    for (const Event<Events>& event : events) {
      event.visit([&silent](const auto& detail) { silent.push_event(detail); });
    }
  }
}

}  // namespace castore::testing::detail

#endif
