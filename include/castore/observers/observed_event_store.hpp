// SPDX-License-Identifier: MIT
#ifndef CASTORE_OBSERVERS_OBSERVED_EVENT_STORE_HPP
#define CASTORE_OBSERVERS_OBSERVED_EVENT_STORE_HPP

#include <castore/core/aggregate_ids.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_concepts.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/core/observer.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief A store that tells an observer of each push, load and page. It is derived from the store it was made from,
/// and used in its place, also in commands and groups. Make it last, of a connected or cached store, and it sees what
/// those do as a part of the push or load.
///
/// @code
/// castore::ObservedEventStore observed{pokemons, Logs{}};          // Logs is a type of yours, see `Observer`
/// observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});  // start(push POKEMONS pikachu), then end
/// @endcode
/// **Guarantees:** a push is one operation, from before its first check until its last hook was called, whatever became
/// of it; of a group the events of this store are one. A load inside of a command is an operation of its own. With
/// `NoObserver` the store is of the same size as the one it was made from and does the same.
///
/// **Errors:** those of the store. What `start` throws passes: nothing was done.
template <class Store, class ObserverT = NoObserver>
class ObservedEventStore : public Store {
  static_assert(DerivableStore<Store>);
  static_assert(detail::check_observer<ObserverT>());
  static constexpr bool is_observed = !std::same_as<ObserverT, NoObserver>;

 public:
  using typename Store::Aggregate;
  using typename Store::Event;
  using typename Store::History;
  using Observer = ObserverT;  ///< What is told.

  /// @brief A store with an observer. @param event_store Must outlive it and its copies.
  explicit ObservedEventStore(Store& event_store, Observer observer = {})
      : Store(static_cast<const Store&>(event_store), extension_of(observer)), observer_(std::move(observer)) {}

  /// @brief A store derived from another one, see `DerivableStore`.
  ObservedEventStore(const ObservedEventStore& original, std::shared_ptr<typename Store::StoreExtension> extension)
      : Store(original, std::move(extension)), observer_(original.observer_) {}

  /// @brief What is told.
  const Observer& observer() const noexcept { return observer_; }

  /// @brief See `EventStore::get_events`.
  std::vector<Event> get_events(std::string_view aggregate_id, GetEventsOptions options = {}) const {
    return observe(OperationKind::get_events, aggregate_id, [&](Outcome& outcome) {
      std::vector<Event> events = Store::get_events(aggregate_id, options);
      outcome.count = events.size();
      return events;
    });
  }
  /// @brief See `EventStore::get_aggregate`.
  std::optional<Aggregate> get_aggregate(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    return observe(OperationKind::get_aggregate, aggregate_id, [&](Outcome& outcome) {
      std::optional<Aggregate> aggregate = Store::get_aggregate(aggregate_id, options);
      outcome.count = aggregate ? 1 : 0;
      return aggregate;
    });
  }
  /// @brief See `EventStore::get_existing_aggregate`. @throws AggregateNotFoundError
  Aggregate get_existing_aggregate(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    return observe(OperationKind::get_aggregate, aggregate_id, [&](Outcome& outcome) {
      Aggregate aggregate = Store::get_existing_aggregate(aggregate_id, options);
      outcome.count = 1;
      return aggregate;
    });
  }
  /// @brief See `EventStore::extend_aggregate`.
  Aggregate extend_aggregate(Aggregate aggregate, GetAggregateOptions options = {}) const {
    const std::string aggregate_id{aggregate.aggregate_id};
    return observe(OperationKind::get_aggregate, aggregate_id, [&](Outcome& outcome) {
      Aggregate extended = Store::extend_aggregate(std::move(aggregate), options);
      outcome.count = 1;
      return extended;
    });
  }
  /// @brief See `EventStore::get_history`.
  History get_history(std::string_view aggregate_id, GetAggregateOptions options = {}) const {
    return observe(OperationKind::get_events, aggregate_id, [&](Outcome& outcome) {
      History history = Store::get_history(aggregate_id, options);
      outcome.count = history.events.size();
      return history;
    });
  }
  /// @brief See `EventStore::list_aggregate_ids`.
  AggregateIdsPage list_aggregate_ids(ListAggregateIdsOptions options = {}) const {
    return observe(OperationKind::list_aggregate_ids, {}, [&](Outcome& outcome) {
      AggregateIdsPage page = Store::list_aggregate_ids(options);
      outcome.count = page.aggregate_ids.size();
      return page;
    });
  }
  /// @brief See `EventStore::aggregate_ids`; each page is an operation.
  AggregateIds aggregate_ids(ListAggregateIdsOptions options = {}) const {
    return {[store = *this](const ListAggregateIdsOptions& page) { return store.list_aggregate_ids(page); },
            std::move(options)};
  }

 private:
  struct Extension final : Store::StoreExtension {
    explicit Extension(AnyObserver observer) : observer_of_pushes{std::move(observer)} {}
    std::shared_ptr<void> begin_push(std::string_view, Version, PushOptions&) override { return nullptr; }
    void event_pushed(const typename Store::PushedEvent&) override {}
    const AnyObserver* observer() const noexcept override { return &observer_of_pushes; }

    AnyObserver observer_of_pushes;
  };

  static std::shared_ptr<typename Store::StoreExtension> extension_of(const Observer& observer) {
    if constexpr (is_observed) return std::make_shared<Extension>(AnyObserver{observer});
    return nullptr;
  }

  template <class Function>
  auto observe(OperationKind kind, std::string_view aggregate_id, const Function& function) const {
    return detail::observe(observer_, {.kind = kind, .store = this->event_store_id(), .aggregate_id = aggregate_id},
                           function);
  }

  [[no_unique_address]] Observer observer_;
};

template <class Store>
ObservedEventStore(Store&) -> ObservedEventStore<Store>;
template <class Store, class ObserverT>
ObservedEventStore(Store&, ObserverT) -> ObservedEventStore<Store, ObserverT>;

}  // namespace castore

#endif
