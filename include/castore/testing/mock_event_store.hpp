// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_MOCK_EVENT_STORE_HPP
#define CASTORE_TESTING_MOCK_EVENT_STORE_HPP

#include <castore/adapters/in_memory.hpp>
#include <castore/core/event_store.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/initial_events.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace castore::testing {

namespace detail {

using InMemoryStorage = std::shared_ptr<InMemoryEventStorageAdapter>;

/// A mock as its storage sees it.
class MockedStore {
 public:
  virtual void push_initial_events_to(InMemoryEventStorageAdapter& storage) const = 0;
  virtual void move_to(const InMemoryStorage& storage) = 0;

 protected:
  ~MockedStore() = default;
};

/// The storage that one or several mocks share, replaced by a new one on a reset.
class MockStorage {
 public:
  const InMemoryStorage& current() const noexcept { return current_; }
  void add(MockedStore& store) { stores_.push_back(&store); }
  void remove(MockedStore& store) noexcept { std::erase(stores_, &store); }

  void reset() {
    const auto fresh = std::make_shared<InMemoryEventStorageAdapter>();
    for (const MockedStore* store : stores_) store->push_initial_events_to(*fresh);
    for (MockedStore* store : stores_) store->move_to(fresh);
    current_ = fresh;
  }

 private:
  InMemoryStorage current_ = std::make_shared<InMemoryEventStorageAdapter>();
  std::vector<MockedStore*> stores_;
};

/// The store itself where it can be on an in-memory storage, else the same for that storage.
template <class Store>
struct MockOf;
template <class Events, class Aggregate, class Reducer, class Adapter>
struct MockOf<EventStore<Events, Aggregate, Reducer, Adapter>> {
  using type = EventStore<Events, Aggregate, Reducer, InMemoryEventStorageAdapter>;
};
template <class Events, class Aggregate, class Reducer, HoldsInMemoryStorage Adapter>
struct MockOf<EventStore<Events, Aggregate, Reducer, Adapter>> {
  using type = EventStore<Events, Aggregate, Reducer, Adapter>;
};

}  // namespace detail

/// @brief A copy of an event store on an in-memory storage of its own, made by `mock_event_store`.
///
/// It is an `EventStore`: of the type of the original, unless that is declared for another adapter (as its fourth
/// parameter); then of the same type for the in-memory one. It can be neither copied nor moved; a copy of the store it
/// is uses the same storage.
template <class Store>
class MockEventStore final : public detail::MockOf<Store>::type, private detail::MockedStore {
  using Base = typename detail::MockOf<Store>::type;

 public:
  using typename Base::Event;

  /// @brief For the kit itself: `mock_event_store` makes them.
  MockEventStore(const Store& store, std::shared_ptr<detail::MockStorage> storage, std::vector<Event> initial_events)
      : Base{std::string{store.event_store_id()}, storage->current(), store.options()},
        storage_{std::move(storage)},
        initial_events_{std::move(initial_events)} {
    push_initial_events_to(*storage_->current());
    storage_->add(*this);
  }
  ~MockEventStore() { storage_->remove(*this); }
  MockEventStore(const MockEventStore&) = delete;
  MockEventStore& operator=(const MockEventStore&) = delete;

  /// @brief Goes back to the initial events, together with the mocks that share its storage. No other thread may use
  /// them meanwhile.
  void reset() { storage_->reset(); }

  /// For the kit itself.
  const std::shared_ptr<detail::MockStorage>& mock_storage() const noexcept { return storage_; }

 private:
  void push_initial_events_to(InMemoryEventStorageAdapter& storage) const override {
    detail::push_initial_events(static_cast<const Base&>(*this), storage, initial_events_);
  }
  void move_to(const detail::InMemoryStorage& storage) override { this->set_event_storage_adapter(storage); }

  std::shared_ptr<detail::MockStorage> storage_;
  std::vector<Event> initial_events_;
};

/// @brief A copy of an event store that keeps its id, reducer, clock and `on_event_pushed`, on an in-memory storage of its
/// own that starts with the given events. The store itself stays as it is; it needs no storage.
///
/// The initial events are stored without calling `on_event_pushed`; the clock gives those a timestamp that have none.
/// @code
/// auto pokemons = castore::testing::mock_event_store(app.pokemons);
/// castore::Command level_up{"LEVEL_UP_POKEMON", pokemons, decide_level_up};
/// @endcode
/// **Errors:** those of `EventStore::push_event`, when the initial events are not valid history.
template <class Events, class Aggregate, class Reducer, class Adapter>
[[nodiscard]] auto mock_event_store(const EventStore<Events, Aggregate, Reducer, Adapter>& store,
                                    std::vector<Event<Events>> initial_events = {}) {
  return MockEventStore<EventStore<Events, Aggregate, Reducer, Adapter>>{store, std::make_shared<detail::MockStorage>(),
                                                                         std::move(initial_events)};
}
/// @brief The same on the storage of another mock, so that event groups may span both.
template <class Events, class Aggregate, class Reducer, class Adapter, class Other>
[[nodiscard]] auto mock_event_store(const EventStore<Events, Aggregate, Reducer, Adapter>& store,
                                    const MockEventStore<Other>& other,
                                    std::vector<Event<Events>> initial_events = {}) {
  return MockEventStore<EventStore<Events, Aggregate, Reducer, Adapter>>{store, other.mock_storage(),
                                                                         std::move(initial_events)};
}

}  // namespace castore::testing

#endif
