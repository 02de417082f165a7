// SPDX-License-Identifier: MIT
#ifndef CASTORE_CORE_EVENT_STORE_CONCEPTS_HPP
#define CASTORE_CORE_EVENT_STORE_CONCEPTS_HPP

/// @file
/// What a store is to code that reads from any store, and to stores that are built on top of another.

#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/event_store_options.hpp>
#include <castore/fwd.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace castore {

/// @brief The reading half of a store: gets an aggregate, or one that is at hand up to date, and the events behind it.
template <class Store>
concept ReadsAggregates = requires(const Store& store, std::string_view aggregate_id, const GetEventsOptions& which,
                                   const GetAggregateOptions& when, typename Store::Aggregate aggregate) {
  { store.event_store_id() } -> std::convertible_to<std::string_view>;
  { store.get_events(aggregate_id, which) } -> std::same_as<std::vector<Event<typename Store::Events>>>;
  { store.get_aggregate(aggregate_id, when) } -> std::same_as<std::optional<typename Store::Aggregate>>;
  { store.extend_aggregate(std::move(aggregate), when) } -> std::same_as<typename Store::Aggregate>;
};

/// @brief A store to derive another from, which adds to its pushes by a `StoreExtension` and reads in its own way by
/// functions of the same names: it inherits from the store and is constructed of it and the extension. Have that
/// constructor, too, so that others can be derived from yours.
template <class Store>
concept DerivableStore =
    ReadsAggregates<Store> &&
    std::constructible_from<Store, const Store&,
                            std::shared_ptr<StoreExtension<typename Store::Events, typename Store::Aggregate>>>;

}  // namespace castore

#endif
