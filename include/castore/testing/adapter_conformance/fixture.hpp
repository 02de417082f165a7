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
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace castore::testing {

/// @brief `adapter()` tells the adapter, by reference.
template <class Fixture>
concept HasAdapter = requires(Fixture& fixture) {
  requires std::is_lvalue_reference_v<decltype(fixture.adapter())>;
  requires EventStorageAdapter<std::remove_reference_t<decltype(fixture.adapter())>>;
};

/// @brief A smart pointer to an adapter, or a plain one.
template <class Fixture>
concept PointsToAdapter =
    requires(Fixture& fixture) { requires EventStorageAdapter<std::remove_reference_t<decltype(*fixture)>>; };

/// @brief `reopen()` makes another adapter object on the same storage, held by a unique or shared pointer.
template <class Fixture>
concept Reopens = requires(Fixture& fixture) {
  requires EventStorageAdapter<std::remove_reference_t<decltype(*fixture.reopen())>>;
  requires std::constructible_from<std::shared_ptr<std::remove_reference_t<decltype(*fixture.reopen())>>,
                                   decltype(fixture.reopen())>;
  requires !std::is_pointer_v<decltype(fixture.reopen())>;
};

/// @brief `close_and_reopen()` ends the adapter object and opens the same storage again; `adapter()` is then the new
/// one.
template <class Fixture>
concept ClosesAndReopens = HasAdapter<Fixture> && requires(Fixture& fixture) {
  { fixture.close_and_reopen() } -> std::same_as<void>;
};

#if __has_include(<sys/wait.h>)
/// @brief `spawn(work)` calls `work` in another process, with an adapter that this process opens on the same storage.
template <class Fixture>
concept Spawns = HasAdapter<Fixture> && requires(Fixture& fixture, const ChildWork& work) {
  { fixture.spawn(work) } -> std::same_as<ChildProcess>;
};
#else
/// @brief `spawn(work)` calls `work` in another process, which only systems with fork() have.
template <class Fixture>
concept Spawns = false;
#endif

/// @brief Something that holds one adapter over a storage of its own: an adapter itself, a pointer to one, or an object
/// with `adapter()` and perhaps `reopen()`, `close_and_reopen()` and `spawn()`.
template <class Fixture>
concept AdapterFixture = HasAdapter<Fixture> || EventStorageAdapter<Fixture> || PointsToAdapter<Fixture>;

namespace detail {

/// The names that a fixture may have. A class that has one, whatever it is and whoever may use it, makes the name
/// ambiguous below.
struct FixtureNames {
  int reopen, close_and_reopen, spawn, properties, effort, adapter;
};
template <class Fixture>
struct NamedTwice : Fixture, FixtureNames {};
template <class Fixture>
concept CanBeNamedTwice = std::is_class_v<Fixture> && !std::is_final_v<Fixture>;

template <class Fixture>
concept NamesReopen = CanBeNamedTwice<Fixture> && !requires { &NamedTwice<Fixture>::reopen; };
template <class Fixture>
concept NamesCloseAndReopen = CanBeNamedTwice<Fixture> && !requires { &NamedTwice<Fixture>::close_and_reopen; };
template <class Fixture>
concept NamesSpawn = CanBeNamedTwice<Fixture> && !requires { &NamedTwice<Fixture>::spawn; };
template <class Fixture>
concept NamesProperties = CanBeNamedTwice<Fixture> && !requires { &NamedTwice<Fixture>::properties; };
template <class Fixture>
concept NamesEffort = CanBeNamedTwice<Fixture> && !requires { &NamedTwice<Fixture>::effort; };
template <class Fixture>
concept NamesAdapter = CanBeNamedTwice<Fixture> && !requires { &NamedTwice<Fixture>::adapter; };

template <class Fixture>
concept SaysProperties = requires {
  requires std::same_as<std::remove_cv_t<decltype(Fixture::properties)>, AdapterProperties>;
  typename std::bool_constant<(Fixture::properties, true)>;
};
template <class Fixture>
concept SaysEffort = requires {
  requires std::same_as<std::remove_cv_t<decltype(Fixture::effort)>, LawEffort>;
  typename std::bool_constant<(Fixture::effort, true)>;
};

template <class Fixture>
consteval bool explain_adapter_of_fixture() {
  if constexpr (requires(Fixture& fixture) { fixture.adapter(); }) {
    using Adapter = decltype(std::declval<Fixture&>().adapter());
    if constexpr (std::is_lvalue_reference_v<Adapter>) {
      static_assert(explain_event_storage_adapter<std::remove_reference_t<Adapter>>());
      return EventStorageAdapter<std::remove_reference_t<Adapter>>;
    } else {
      static_assert(std::is_lvalue_reference_v<Adapter>,
                    "castore: the fixture's `adapter()` must return a reference to the adapter that the fixture "
                    "holds, `MyAdapter& adapter()`");
      return false;
    }
  } else {
    static_assert(
        requires(Fixture& fixture) { fixture.adapter(); },
        "castore: this is not a fixture of an adapter; a fixture is the adapter, a pointer to it, or an object "
        "with a public `MyAdapter& adapter()`; "
        "castore::explain_event_storage_adapter<MyAdapter>() says what an adapter lacks");
    return false;
  }
}

}  // namespace detail

/// @brief Says, one error per function, what is wrong with a fixture, so that no law is left out unnoticed.
/// The suite asks it of every fixture.
template <class Fixture>
consteval bool explain_adapter_fixture() {
  if constexpr (!AdapterFixture<Fixture>) {
    return detail::explain_adapter_of_fixture<Fixture>();
  } else {
    constexpr bool reopen = !detail::NamesReopen<Fixture> || Reopens<Fixture>;
    constexpr bool close = !detail::NamesCloseAndReopen<Fixture> || ClosesAndReopens<Fixture>;
    constexpr bool spawn = !detail::NamesSpawn<Fixture> || Spawns<Fixture>;
    constexpr bool properties =
        !detail::NamesProperties<Fixture> || EventStorageAdapter<Fixture> || detail::SaysProperties<Fixture>;
    constexpr bool effort = !detail::NamesEffort<Fixture> || detail::SaysEffort<Fixture>;
    static_assert(reopen,
                  "castore: the fixture's `reopen` must be a public function without arguments that makes another "
                  "adapter object on the same storage, `std::unique_ptr<MyAdapter> reopen()`");
    static_assert(close,
                  "castore: the fixture's `close_and_reopen` must be a public function that ends the adapter object "
                  "and opens its storage again for `adapter()`, `void close_and_reopen()`");
    static_assert(spawn,
                  "castore: the fixture's `spawn` must be a public function that calls `work` in another process, "
                  "`castore::testing::ChildProcess spawn(const castore::testing::ChildWork& work)`");
    static_assert(properties,
                  "castore: what a fixture says of its adapter is one public constant, "
                  "`static constexpr castore::AdapterProperties properties{...};`");
    static_assert(effort,
                  "castore: how long the laws take is one public constant of the fixture, "
                  "`static constexpr castore::testing::LawEffort effort{...};`");
    return reopen && close && spawn && properties && effort;
  }
}

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

}  // namespace detail

/// @brief What the adapter says of itself; a fixture that has `properties` of its own says it of this instance.
template <AdapterFixture Fixture>
constexpr FixtureProperties fixture_properties() {
  using Adapter = std::remove_reference_t<decltype(detail::adapter_in(std::declval<Fixture&>()))>;
  constexpr bool knows_better = !EventStorageAdapter<Fixture> && detail::SaysProperties<Fixture>;
  using Source = std::conditional_t<knows_better, Fixture, Adapter>;
  FixtureProperties properties{.adapter = properties_of<Source>(),
                               .reopens = Reopens<Fixture>,
                               .closes = ClosesAndReopens<Fixture>,
                               .spawns = Spawns<Fixture>};
  if constexpr (detail::SaysEffort<Fixture>) properties.effort = Fixture::effort;
  return properties;
}

namespace detail {

/// Makes a fixture and puts its adapter under test; the fixture lives as long as that.
template <class MakeFixture>
AdapterUnderTest open_fixture(MakeFixture& make_fixture, Way way) {
  using Fixture = std::remove_cvref_t<std::invoke_result_t<MakeFixture&>>;
  const std::shared_ptr<Fixture> fixture{new Fixture(make_fixture())};  // not copied, not moved
  FixtureFunctions functions;
  functions.adapter = [fixture] { return handle_of(adapter_in(*fixture)); };
  if constexpr (Reopens<Fixture>) functions.reopen = [fixture] { return shared_handle_of(fixture->reopen()); };
  if constexpr (ClosesAndReopens<Fixture>) functions.close_and_reopen = [fixture] { fixture->close_and_reopen(); };
#if __has_include(<sys/wait.h>)
  if constexpr (Spawns<Fixture>) functions.spawn = [fixture](const ChildWork& work) { return fixture->spawn(work); };
#endif
  return {std::make_shared<const FixtureFunctions>(std::move(functions)), fixture_properties<Fixture>(), way};
}

}  // namespace detail

}  // namespace castore::testing

#endif
