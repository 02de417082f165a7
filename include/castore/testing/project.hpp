// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_PROJECT_HPP
#define CASTORE_TESTING_PROJECT_HPP

/// @file
/// Tests of projections: with events made by hand, and on random histories.

#include <castore/core/errors.hpp>
#include <castore/core/event_group.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/events.hpp>
#include <castore/fwd.hpp>
#include <castore/log/event_place.hpp>
#include <castore/log/inline_projections.hpp>
#include <castore/log/projection.hpp>
#include <castore/testing/failure.hpp>
#include <castore/testing/given_when_then.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace castore::testing {

namespace detail {

template <class Projection, class Transaction>
struct ProjectsEvents {
  template <class Payload>
  static void call(const Projection& projection, Transaction& transaction, const EventDetail<Payload>& event,
                   Position position) {
    constexpr bool is_taken =
        castore::detail::projection_form_of<Projection, Transaction, Payload> != castore::detail::ProjectionForm::none;
    static_assert(is_taken,
                  "castore: this projection does not take this event; take it out of project(...), or write in "
                  "the projection an overload for it");
    const EventPlace place{position, "EVENTS", event.aggregate_id, event.version, event.type(), event.timestamp};
    castore::detail::project_event(projection, &transaction, castore::detail::EventRef<Payload>{event}, place);
  }
};

}  // namespace detail

/// @brief Calls a projection with events, as a read model would: payloads, or `EventDetail`s where the header matters.
/// Payload n is version n of aggregate "aggregate", and its position is n, unless it says otherwise. For those of one
/// aggregate there is also `given(PokemonAppeared{"Pikachu", 5}).project(PokemonList{}, tx)`.
/// @code
/// castore::testing::project(PokemonList{}, tx, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
/// @endcode
/// An event that the projection does not take does not compile.
template <class Projection, class Transaction, class... Events>
void project(const Projection& projection, Transaction& transaction, Events&&... events) {
  Version version = 0;
  const auto one = [&]<class Payload>(EventDetail<Payload> event) {
    ++version;
    if (event.aggregate_id.empty()) event.aggregate_id = given_aggregate_id;
    if (event.version == 0) event.version = version;
    detail::ProjectsEvents<Projection, Transaction>::call(projection, transaction, event, version);
  };
  const auto detail_of = []<class Given>(Given&& given) {
    if constexpr (requires {
                    given.payload;
                    given.aggregate_id;
                  }) {
      return std::forward<Given>(given);
    } else {
      return EventDetail<std::remove_cvref_t<Given>>{.payload = std::forward<Given>(given)};
    }
  };
  (one(detail_of(std::forward<Events>(events))), ...);
}

/// @brief Which events of a store a projection does not take. To be asserted: `CHECK(unhandled_events<PokemonList,
/// castore::SqliteTransaction, PokemonStore>() == std::vector<std::string>{...})`, so that a new event is noticed.
template <class Projection, class Transaction, class Store>
std::vector<std::string> unhandled_events() {
  std::vector<std::string> types;
  const auto add = [&types]<class... Payloads>(Events<Payloads...>) {
    const auto one = [&types]<class Payload>(std::type_identity<Payload>) {
      if constexpr (castore::detail::projection_form_of<Projection, Transaction, Payload> ==
                    castore::detail::ProjectionForm::none) {
        types.emplace_back(Payload::type);
      }
    };
    (one(std::type_identity<Payloads>{}), ...);
  };
  add(typename Store::Events{});
  return types;
}

/// @brief The three ways of a read model lead to the same: built in one go, followed batch by batch while events come
/// (and handed over to pushes at some moment), and built again afterwards. On made-up histories, with groups and
/// conflicts.
///
/// @param fixture Called for each of the three ways; gives an object with `storage()`, `store()` (of that storage),
/// `projection()` and `read()`, the words of what is in the read model then.
/// @param make_event Called with a store, an aggregate's id, the version and a `std::mt19937_64&`; gives a
/// `GroupedEvent`.
/// @throws Failure which names the way that differs, and the seed
template <class Fixture, class MakeEvent>
void check_projection(const Fixture& fixture, const MakeEvent& make_event, std::uint64_t seed = std::random_device{}(),
                      std::size_t pushes = 60) {
  enum class BuiltBy { at_once, followed, inlined };
  std::array<std::string, 3> read;
  for (const BuiltBy way : {BuiltBy::at_once, BuiltBy::followed, BuiltBy::inlined}) {
    std::mt19937_64 random{seed};
    auto scene = fixture();
    auto& storage = scene.storage();
    auto& store = scene.store();
    AsyncProjection follower{storage, std::tie(store), scene.projection(), {.batch_size = 7}};
    InlineProjections inlined{store, storage, scene.projection()};
    std::map<std::string, Version> versions;
    std::mt19937_64 moments{seed + 1};
    for (std::size_t number = 0; number < pushes; ++number) {
      if (way == BuiltBy::followed && moments() % 3 == 0) follower.poll();
      if (way == BuiltBy::inlined && number == pushes / 3) inlined.hand_over();
      const std::string id = "a" + std::to_string(random() % 4);
      const std::string other = "b" + std::to_string(random() % 4);
      std::vector<GroupedEvent> group;
      const std::uint64_t kind = random() % 4;
      const bool is_conflict = kind == 1 && versions[id] > 0;
      if (kind < 2) group.push_back(make_event(inlined, other, versions[other] + 1, random));
      group.push_back(make_event(inlined, id, is_conflict ? versions[id] : versions[id] + 1, random));
      try {
        push_event_group(std::move(group));
        ++versions[id];
        if (kind < 2) ++versions[other];
      } catch (const EventAlreadyExistsError&) {
        if (!is_conflict) throw;
      }
    }
    if (way != BuiltBy::inlined) follower.catch_up();
    read[static_cast<std::size_t>(way)] = scene.read();
  }
  for (const BuiltBy way : {BuiltBy::followed, BuiltBy::inlined}) {
    const std::string& other = read[static_cast<std::size_t>(way)];
    if (other == read[0]) continue;
    detail::report_failure("check_projection: the read model that " +
                           std::string{way == BuiltBy::followed ? "was followed" : "was handed over to pushes"} +
                           " differs from the one that was built in one go (seed " + std::to_string(seed) +
                           ")\nin one go:\n  " + read[0] + "\nthe other:\n  " + other + "\n");
  }
  detail::report_pass();
}

}  // namespace castore::testing

#endif
