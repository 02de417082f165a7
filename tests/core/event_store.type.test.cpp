// SPDX-License-Identifier: MIT
#include <castore/core/event_store.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <concepts>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using castore::AnyEventStorageAdapter;
using castore::EventDetail;
using castore::InMemoryEventStorageAdapter;
using castore::NoMetadata;
using castore::Version;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonCaught;
using castore_tests::PokemonEvents;
using castore_tests::PokemonHealed;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonReducer;
using castore_tests::PokemonStore;
using castore_tests::RecordStorage;

namespace {

using FixedStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer, InMemoryEventStorageAdapter>;
using Options = PokemonStore::EventStoreOptions;
using Id = std::string;

template <class Payload>
using Result = castore::PushEventResult<Payload, Pokemon>;

template <class Owner>
concept CanAskForLastEvent = requires(Owner&& owner) { std::forward<Owner>(owner).last_event(); };
template <class Result, class Owner>
concept CanGetResultIf = requires(Owner&& owner) { std::forward<Owner>(owner).template get_if<Result>(); };
template <class Store>
concept CanPush = requires(Store& a_store) { a_store.push_event(Id{}, Version{1}, PokemonLeveledUp{}); };

}  // namespace

TEST_CASE("a store has the types it was declared with") {
  STATIC_REQUIRE(std::same_as<PokemonStore::Events, PokemonEvents>);
  STATIC_REQUIRE(std::same_as<PokemonStore::Aggregate, Pokemon>);
  STATIC_REQUIRE(std::same_as<PokemonStore::Reducer, PokemonReducer>);
  STATIC_REQUIRE(std::same_as<PokemonStore::Event, castore::Event<PokemonEvents>>);
  STATIC_REQUIRE(std::same_as<PokemonStore::History, castore::History<Pokemon, PokemonEvents>>);
  STATIC_REQUIRE(std::same_as<PokemonStore::EventStorageAdapter, AnyEventStorageAdapter>);
  STATIC_REQUIRE(std::same_as<FixedStore::EventStorageAdapter, InMemoryEventStorageAdapter>);
  STATIC_REQUIRE(
      std::same_as<PokemonStore, castore::EventStore<PokemonEvents, Pokemon, PokemonReducer, AnyEventStorageAdapter>>);
}

TEST_CASE("a store is made from its id and an adapter that stays and its options") {
  STATIC_REQUIRE(std::is_constructible_v<PokemonStore, Id>);
  STATIC_REQUIRE(std::is_constructible_v<PokemonStore, const char*>);
  STATIC_REQUIRE(std::is_constructible_v<PokemonStore, Id, Options>);
  STATIC_REQUIRE(std::is_constructible_v<PokemonStore, Id, Options&>);
  STATIC_REQUIRE(std::is_constructible_v<PokemonStore, Id, const Options&>);
  STATIC_REQUIRE(std::is_constructible_v<PokemonStore, Id, InMemoryEventStorageAdapter&>);
  STATIC_REQUIRE(std::is_constructible_v<PokemonStore, Id, RecordStorage&, Options>);
  STATIC_REQUIRE(std::is_constructible_v<PokemonStore, Id, AnyEventStorageAdapter&>);
  STATIC_REQUIRE(std::is_constructible_v<PokemonStore, Id, const AnyEventStorageAdapter&>);
  STATIC_REQUIRE(std::is_constructible_v<PokemonStore, Id, std::shared_ptr<RecordStorage>>);
  STATIC_REQUIRE(std::is_constructible_v<PokemonStore, Id, const std::shared_ptr<RecordStorage>&, Options>);
  STATIC_REQUIRE(std::is_constructible_v<FixedStore, Id, InMemoryEventStorageAdapter&>);
  STATIC_REQUIRE(std::is_constructible_v<FixedStore, Id, std::shared_ptr<InMemoryEventStorageAdapter>>);
}

TEST_CASE("a store refuses an adapter that would be gone at once") {
  STATIC_REQUIRE_FALSE(std::is_constructible_v<PokemonStore, Id, InMemoryEventStorageAdapter>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<PokemonStore, Id, RecordStorage, Options>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<FixedStore, Id, InMemoryEventStorageAdapter>);
  STATIC_REQUIRE_FALSE(std::is_default_constructible_v<PokemonStore>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<Id, PokemonStore>);
}

TEST_CASE("a store can be copied and moved") {
  STATIC_REQUIRE(std::copyable<PokemonStore>);
  STATIC_REQUIRE(std::copyable<FixedStore>);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<PokemonStore>);
}

TEST_CASE("reading gives the types that the design says") {
  const Id id;
  STATIC_REQUIRE(
      std::same_as<decltype(std::declval<const PokemonStore&>().get_events(id)), std::vector<PokemonStore::Event>>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<const PokemonStore&>().get_aggregate(id)), std::optional<Pokemon>>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<const PokemonStore&>().get_existing_aggregate(id)), Pokemon>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<const PokemonStore&>().get_history(id)), PokemonStore::History>);
  STATIC_REQUIRE(
      std::same_as<decltype(std::declval<const PokemonStore&>().list_aggregate_ids()), castore::AggregateIdsPage>);
  STATIC_REQUIRE(std::ranges::input_range<decltype(std::declval<const PokemonStore&>().aggregate_ids())>);
  STATIC_REQUIRE(
      std::same_as<decltype(std::declval<const PokemonStore&>().build_aggregate({})), std::optional<Pokemon>>);
  STATIC_REQUIRE(
      std::same_as<decltype(std::declval<const PokemonStore&>().simulate_aggregate({})), std::optional<Pokemon>>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<const PokemonStore&>().event_store_id()), std::string_view>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<const PokemonStore&>().event_storage_adapter()),
                              const AnyEventStorageAdapter&>);
  STATIC_REQUIRE(
      std::same_as<decltype(std::declval<PokemonStore&>().event_storage_adapter()), AnyEventStorageAdapter&>);
}

TEST_CASE("the last event of a history that goes away cannot be asked for") {
  STATIC_REQUIRE(CanAskForLastEvent<PokemonStore::History&>);
  STATIC_REQUIRE(CanAskForLastEvent<const PokemonStore::History&>);
  STATIC_REQUIRE_FALSE(CanAskForLastEvent<PokemonStore::History>);
  STATIC_REQUIRE_FALSE(CanAskForLastEvent<const PokemonStore::History>);
}

TEST_CASE("pushing gives the payload's own result") {
  const Id id;
  STATIC_REQUIRE(std::same_as<decltype(std::declval<PokemonStore&>().push_event(id, 1, PokemonAppeared{})),
                              Result<PokemonAppeared>>);
  STATIC_REQUIRE(std::same_as<PokemonStore::PushEventResult<PokemonCaught>, Result<PokemonCaught>>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<PokemonStore&>().push_event(EventDetail<PokemonCaught>{})),
                              Result<PokemonCaught>>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<PokemonStore&>().try_push_event(id, 1, PokemonAppeared{})),
                              std::optional<Result<PokemonAppeared>>>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<PokemonStore&>().try_push_event(EventDetail<PokemonCaught>{})),
                              std::optional<Result<PokemonCaught>>>);
  STATIC_REQUIRE(std::same_as<decltype(Result<PokemonCaught>::event), EventDetail<PokemonCaught>>);
  STATIC_REQUIRE(std::same_as<decltype(Result<PokemonCaught>::next_aggregate), std::optional<Pokemon>>);
  STATIC_REQUIRE(
      std::same_as<decltype(std::declval<PokemonStore&>().push_events(id, 0, PokemonAppeared{}, PokemonLeveledUp{})),
                   std::vector<PokemonStore::Event>>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<PokemonStore&>().push_events(
                                  id, 0, std::vector<std::variant<PokemonLeveledUp>>{})),
                              std::vector<PokemonStore::Event>>);
  STATIC_REQUIRE(CanPush<PokemonStore>);
  STATIC_REQUIRE_FALSE(CanPush<const PokemonStore>);
}

TEST_CASE("the options of a push have the metadata of its payload") {
  STATIC_REQUIRE(std::same_as<decltype(PokemonStore::PushEventOptions<PokemonLeveledUp>::metadata), NoMetadata>);
  STATIC_REQUIRE(
      std::same_as<decltype(PokemonStore::PushEventOptions<PokemonCaught>::metadata), PokemonCaught::Metadata>);
  STATIC_REQUIRE(std::same_as<decltype(PokemonStore::PushEventOptions<PokemonHealed>::metadata),
                              std::optional<PokemonHealed::Nurse>>);
  // In this order, for designated initialisers.
  const PokemonStore::PushEventOptions<PokemonCaught> options{
      .timestamp = castore::Timestamp{}, .metadata = {"ash"}, .prev_aggregate = Pokemon{}, .force = true};
  CHECK(options.force);
  const Options store_options{.reducer = {}, .clock = {}, .on_event_pushed = {}};
  CHECK_FALSE(store_options.clock);
  const castore::GetEventsOptions get{.min_version = 1, .max_version = 2, .limit = 3, .reverse = true};
  CHECK(get.reverse);
  const castore::ListAggregateIdsOptions list{
      .limit = 1, .page_token = "", .initial_event_after = {}, .initial_event_before = {}, .reverse = true};
  CHECK(list.reverse == true);
}

TEST_CASE("a group gives a tuple of its events' results in their order") {
  const Id id;
  STATIC_REQUIRE(std::same_as<decltype(std::declval<PokemonStore&>().group_event(id, 1, PokemonCaught{})),
                              castore::GroupedEventOf<PokemonStore, PokemonCaught>>);
  STATIC_REQUIRE(std::convertible_to<castore::GroupedEventOf<PokemonStore, PokemonCaught>, castore::GroupedEvent>);
  STATIC_REQUIRE(std::same_as<decltype(castore::push_event_group(
                                  std::declval<PokemonStore&>().group_event(id, 1, PokemonCaught{}),
                                  std::declval<PokemonStore&>().group_event(id, 2, PokemonLeveledUp{}))),
                              std::tuple<Result<PokemonCaught>, Result<PokemonLeveledUp>>>);
  STATIC_REQUIRE(std::same_as<decltype(castore::push_event_group(
                                  castore::PushEventGroupOptions{},
                                  std::declval<PokemonStore&>().group_event(id, 1, PokemonCaught{}))),
                              std::tuple<Result<PokemonCaught>>>);
  STATIC_REQUIRE(std::same_as<decltype(castore::push_event_group(std::vector<castore::GroupedEvent>{})),
                              std::vector<castore::AnyPushEventResult>>);
}

TEST_CASE("options can be constants") {
  static constexpr PokemonStore::PushEventOptions<PokemonLeveledUp> forced{.force = true};
  static constexpr PokemonStore::PushEventDetailOptions forced_too{.force = true};
  STATIC_REQUIRE(forced.force);
  STATIC_REQUIRE_FALSE(forced.prev_aggregate.has_value());
  STATIC_REQUIRE_FALSE(forced_too.prev_aggregate.has_value());
}

TEST_CASE("get_if of a result gives a pointer into one that stays and refuses one that goes") {
  using AnyResult = castore::AnyPushEventResult;
  STATIC_REQUIRE(CanGetResultIf<Result<PokemonCaught>, AnyResult&>);
  STATIC_REQUIRE(CanGetResultIf<Result<PokemonCaught>, const AnyResult&>);
  STATIC_REQUIRE_FALSE(CanGetResultIf<Result<PokemonCaught>, AnyResult>);
}
