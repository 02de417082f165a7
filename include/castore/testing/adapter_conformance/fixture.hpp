// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_ADAPTER_CONFORMANCE_FIXTURE_HPP
#define CASTORE_TESTING_ADAPTER_CONFORMANCE_FIXTURE_HPP

/// @file
/// From whatever makes an adapter to an `AdapterUnderTest`.

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/law.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace castore::testing {

/// @brief `adapter()` tells the adapter, by reference.
template <class Fixture>
concept HasAdapter =
    requires(Fixture& fixture) { requires EventStorageAdapter<std::remove_reference_t<decltype(fixture.adapter())>>; };

/// @brief A smart pointer to an adapter, or a plain one.
template <class Fixture>
concept PointsToAdapter =
    requires(Fixture& fixture) { requires EventStorageAdapter<std::remove_reference_t<decltype(*fixture)>>; };

/// @brief `reopen()` makes another adapter object on the same storage, held by a unique or shared pointer.
template <class Fixture>
concept Reopens =
    requires(Fixture& fixture) { requires EventStorageAdapter<std::remove_reference_t<decltype(*fixture.reopen())>>; };

/// @brief Something that holds one adapter over a storage of its own: an adapter itself, a pointer to one, or an object
/// with `adapter()` and perhaps `reopen()`.
template <class Fixture>
concept AdapterFixture = HasAdapter<Fixture> || EventStorageAdapter<Fixture> || PointsToAdapter<Fixture>;

namespace detail {

template <AdapterFixture Fixture>
auto& adapter_in(Fixture& fixture) {
  if constexpr (HasAdapter<Fixture>) {
    return fixture.adapter();
  } else if constexpr (EventStorageAdapter<Fixture>) {
    return fixture;
  } else {
    return *fixture;
  }
}

template <class Adapter>
AnyEventStorageAdapter handle_of(Adapter& adapter) {
  if constexpr (std::same_as<std::remove_const_t<Adapter>, AnyEventStorageAdapter>) {
    return adapter;
  } else {
    return AnyEventStorageAdapter{adapter};
  }
}

template <class Pointer>
AnyEventStorageAdapter shared_handle_of(Pointer pointer) {
  using Adapter = std::remove_reference_t<decltype(*pointer)>;
  return AnyEventStorageAdapter{std::shared_ptr<Adapter>{std::move(pointer)}};
}

template <AdapterFixture Fixture>
AdapterUnderTest put_under_test(Fixture& fixture, const AdapterProperties& properties, Way way) {
  AdapterUnderTest::Open reopen;
  if constexpr (Reopens<Fixture>) {
    reopen = [&fixture] { return shared_handle_of(fixture.reopen()); };
  }
  return {handle_of(adapter_in(fixture)), properties, way, std::move(reopen)};
}

/// Takes over what one class says of itself.
template <class Source>
constexpr void read_properties(AdapterProperties& properties) {
  if constexpr (requires { Source::detects_version_gaps; }) {
    properties.detects_version_gaps = Source::detects_version_gaps;
  }
  if constexpr (requires { Source::orders_equal_timestamps; }) {
    properties.orders_equal_timestamps = Source::orders_equal_timestamps;
  }
  if constexpr (requires { Source::detects_last_page; }) properties.detects_last_page = Source::detects_last_page;
  if constexpr (requires { Source::shows_groups_at_once; }) {
    properties.shows_groups_at_once = Source::shows_groups_at_once;
  }
  if constexpr (requires { Source::holds_every_double; }) properties.holds_every_double = Source::holds_every_double;
  if constexpr (requires { Source::max_events_per_push; }) {
    properties.max_events_per_push = Source::max_events_per_push;
  }
}

}  // namespace detail

/// @brief What the adapter says of itself; where the fixture says otherwise of this instance, the fixture is right.
template <AdapterFixture Fixture>
constexpr AdapterProperties adapter_properties() {
  AdapterProperties properties;
  detail::read_properties<std::remove_reference_t<decltype(detail::adapter_in(std::declval<Fixture&>()))>>(properties);
  detail::read_properties<Fixture>(properties);
  properties.reopens = Reopens<Fixture>;
  return properties;
}

}  // namespace castore::testing

#endif
