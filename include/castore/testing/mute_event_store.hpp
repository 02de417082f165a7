// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_MUTE_EVENT_STORE_HPP
#define CASTORE_TESTING_MUTE_EVENT_STORE_HPP

#include <castore/adapters/in_memory.hpp>
#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/initial_events.hpp>

#include <concepts>
#include <memory>
#include <utility>
#include <vector>

namespace castore::testing {

/// @brief An event store is on an in-memory storage as long as this object lives; made by `mute_event_store`.
template <class Store>
class [[nodiscard]] MutedEventStore {
  using Event = typename Store::Event;
  using Adapter = typename Store::EventStorageAdapter;

 public:
  /// @brief For the kit itself: `mute_event_store` makes them.
  MutedEventStore(Store& store, std::shared_ptr<InMemoryEventStorageAdapter> storage,
                  const std::vector<Event>& initial_events)
      : store_{store}, saved_{std::make_shared<Store>(store)}, storage_{std::move(storage)} {
    static_assert(detail::HoldsInMemoryStorage<Adapter>,
                  "castore: this event store is declared for another storage than the in-memory one, so it cannot be "
                  "muted; use castore::testing::mock_event_store, which makes a copy, or leave out its fourth "
                  "parameter");
    detail::push_initial_events(store, *storage_, initial_events);
    if constexpr (detail::HoldsInMemoryStorage<Adapter>) store_.set_event_storage_adapter(storage_);
  }
  ~MutedEventStore() { restore(); }
  MutedEventStore(const MutedEventStore&) = delete;
  MutedEventStore& operator=(const MutedEventStore&) = delete;

  /// @brief Puts the store back on the storage it had, or on none; what was pushed meanwhile is gone with the in-memory
  /// one. Does nothing the second time. No other thread may use the store meanwhile.
  void restore() {
    if (!saved_) return;
    // The saved copy of the store keeps its storage alive, also where the store was its only owner.
    const std::shared_ptr<Store> saved = std::move(saved_);
    Adapter* adapter = nullptr;
    try {
      adapter = &saved->event_storage_adapter();
    } catch (const UndefinedEventStorageAdapterError&) {
    }
    if constexpr (std::same_as<Adapter, AnyEventStorageAdapter>) {
      AnyEventStorageAdapter handle = adapter ? *adapter : AnyEventStorageAdapter{};
      store_.set_event_storage_adapter(handle);
    } else {
      store_.set_event_storage_adapter(std::shared_ptr<Adapter>{saved, adapter});
    }
  }

  /// For the kit itself.
  const std::shared_ptr<InMemoryEventStorageAdapter>& storage() const noexcept { return storage_; }

 private:
  Store& store_;
  std::shared_ptr<Store> saved_;
  std::shared_ptr<InMemoryEventStorageAdapter> storage_;
};

/// @brief Puts an event store on an in-memory storage that starts with the given events, until the returned object ends
/// or its `restore()` is called. For code that has its stores built in; `mock_event_store` makes a copy instead.
/// @code
/// const auto muted = castore::testing::mute_event_store(app.pokemons);
/// app.run();   // pushes and loads in memory
/// @endcode
/// The initial events are stored without calling `on_event_pushed`. Mute and restore while no other thread uses the
/// store; it must outlive the returned object. Mutes of one store end in the reverse order of their beginnings, as they do
/// in one scope.
/// **Errors:** those of `EventStore::push_event`, when the initial events are not valid history; the store is then
/// as it was.
template <class Events, class Aggregate, class Reducer, class Adapter>
[[nodiscard]] auto mute_event_store(EventStore<Events, Aggregate, Reducer, Adapter>& store,
                                    const std::vector<Event<Events>>& initial_events = {}) {
  return MutedEventStore<EventStore<Events, Aggregate, Reducer, Adapter>>{
      store, std::make_shared<InMemoryEventStorageAdapter>(), initial_events};
}
/// @brief The same on the storage of another muted store, so that event groups may span both.
template <class Events, class Aggregate, class Reducer, class Adapter, class Other>
[[nodiscard]] auto mute_event_store(EventStore<Events, Aggregate, Reducer, Adapter>& store,
                                    const MutedEventStore<Other>& other,
                                    const std::vector<Event<Events>>& initial_events = {}) {
  return MutedEventStore<EventStore<Events, Aggregate, Reducer, Adapter>>{store, other.storage(), initial_events};
}

}  // namespace castore::testing

#endif
