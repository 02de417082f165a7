// SPDX-License-Identifier: MIT
#include <castore/core/detail/event_store_parts.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using castore::EventAlreadyExistsError;
using castore::EventDetail;
using castore::InMemoryEventStorageAdapter;
using castore::push_event_group;
using castore::UndefinedEventStorageAdapterError;
using castore::VersionGapError;
using castore_tests::at;
using castore_tests::error_of;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonCaught;
using castore_tests::PokemonEvent;
using castore_tests::PokemonEvents;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonReducer;
using castore_tests::records_of;
using castore_tests::RecordStorage;

namespace {

/// The ways from a store to its storage: three or four parameters, events kept as objects or as records.
template <class StorageType, class AdapterParameter>
struct Way {
  using Storage = StorageType;
  using Store = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer, AdapterParameter>;
};
using ObjectsThroughAny = Way<InMemoryEventStorageAdapter, castore::AnyEventStorageAdapter>;
using RecordsThroughAny = Way<RecordStorage, castore::AnyEventStorageAdapter>;
using ObjectsDirectly = Way<InMemoryEventStorageAdapter, InMemoryEventStorageAdapter>;
using RecordsDirectly = Way<RecordStorage, RecordStorage>;

Pokemon pikachu(castore::Version version, int level, std::string trainer = {}) {
  return {{"pikachu", version}, "Pikachu", level, std::move(trainer)};
}

}  // namespace

TEMPLATE_TEST_CASE("a store reads and writes the same by every way to its storage", "", ObjectsThroughAny,
                   RecordsThroughAny, ObjectsDirectly, RecordsDirectly) {
  using Store = typename TestType::Store;
  typename TestType::Storage storage;
  int pushed = 0;
  Store store{"POKEMONS", storage, {.clock = [] { return at(0); }, .on_event_pushed = [&](const auto&) { ++pushed; }}};

  const auto first = store.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(first.next_aggregate == pikachu(1, 5));
  CHECK(store.push_events("pikachu", 1, PokemonLeveledUp{}, PokemonLeveledUp{}).size() == 2);
  const std::vector<std::variant<PokemonLeveledUp, PokemonCaught>> payloads{PokemonLeveledUp{}};
  CHECK(store.push_events("pikachu", 3, payloads).size() == 1);
  const auto [caught, appeared] =
      push_event_group(store.group_event("pikachu", 5, PokemonCaught{2}, {.metadata = {"ash"}}),
                       store.group_event("raichu", 1, PokemonAppeared{"Raichu", 9}));
  CHECK(caught.event == EventDetail<PokemonCaught>{"pikachu", 5, at(0), {2}, {"ash"}});
  CHECK(push_event_group({store.group_event("raichu", 2, PokemonLeveledUp{})}).size() == 1);
  CHECK(pushed == 7);

  const auto conflict =
      error_of<EventAlreadyExistsError>([&] { store.push_event("pikachu", 5, PokemonLeveledUp{}); });
  CHECK(conflict.event_store_id() == "POKEMONS");
  CHECK(conflict.aggregate_id() == "pikachu");
  CHECK(conflict.version() == 5);
  CHECK(error_of<VersionGapError>([&] { store.push_event("pikachu", 7, PokemonLeveledUp{}); }).expected_version() == 6);
  CHECK_FALSE(store.try_push_event("pikachu", 5, PokemonLeveledUp{}).has_value());

  CHECK(store.get_existing_aggregate("pikachu") == pikachu(5, 8, "ash"));
  CHECK(store.get_aggregate("pikachu", {.max_version = 4}) == pikachu(4, 8));
  const auto history = store.get_history("pikachu");
  CHECK(history.events.size() == 5);
  CHECK(*history.last_event() == PokemonEvent{caught.event});
  CHECK(store.get_events("pikachu", {.min_version = 2, .max_version = 4, .limit = 2, .reverse = true}).at(1).version() == 3);
  CHECK(store.list_aggregate_ids({.limit = 1}).next_page_token.has_value());
  std::vector<std::string> ids;
  for (const auto& entry : store.aggregate_ids({.limit = 1})) ids.push_back(entry.aggregate_id);
  CHECK(ids == std::vector<std::string>{"pikachu", "raichu"});

  store.push_event("raichu", 1, PokemonAppeared{"Raichu", 50}, {.force = true});
  CHECK(store.get_existing_aggregate("raichu").level == 51);
  CHECK(records_of(storage, "POKEMONS", "pikachu").at(4) ==
        castore::EventRecord{"pikachu", 5, "POKEMON_CAUGHT", at(0), R"({"balls":2})", R"({"trainer":"ash"})"});
}

TEMPLATE_TEST_CASE("a store takes its adapter by every way and says so while it has none", "", ObjectsThroughAny,
                   RecordsThroughAny, ObjectsDirectly, RecordsDirectly) {
  using Store = typename TestType::Store;
  using Storage = typename TestType::Storage;
  const auto shared = std::make_shared<Storage>();
  Store with_shared{"POKEMONS", shared};
  Store referring{"POKEMONS", *shared};
  Store later{"POKEMONS"};
  CHECK(error_of<UndefinedEventStorageAdapterError>([&] { later.get_events("pikachu"); }).event_store_id() == "POKEMONS");
  CHECK(error_of<UndefinedEventStorageAdapterError>([&] {
          push_event_group(later.group_event("pikachu", 1, PokemonLeveledUp{}));
        }).event_store_id() == "POKEMONS");
  later.set_event_storage_adapter(shared);

  with_shared.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(referring.get_existing_aggregate("pikachu").level == 5);
  CHECK(later.get_existing_aggregate("pikachu").level == 5);
  push_event_group(with_shared.group_event("pikachu", 2, PokemonLeveledUp{}),
                   referring.group_event("pikachu", 3, PokemonLeveledUp{}),
                   later.group_event("pikachu", 4, PokemonLeveledUp{}));
  CHECK(referring.get_existing_aggregate("pikachu").version == 4);

  Storage other;
  referring.set_event_storage_adapter(other);
  CHECK(referring.get_events("pikachu").empty());
  const auto error = error_of<castore::InvalidEventError>([&] {
    push_event_group(with_shared.group_event("pikachu", 5, PokemonLeveledUp{}),
                     referring.group_event("pikachu", 1, PokemonLeveledUp{}));
  });
  CHECK(error.field() == "event_storage_adapter");
  Store without{"POKEMONS", std::shared_ptr<Storage>{}};
  CHECK(error_of<UndefinedEventStorageAdapterError>([&] { without.event_storage_adapter(); }).event_store_id() ==
        "POKEMONS");
}

TEST_CASE("a store with four parameters gives its adapter as what it is") {
  InMemoryEventStorageAdapter storage;
  ObjectsDirectly::Store store{"POKEMONS", storage};
  CHECK(&store.event_storage_adapter() == &storage);
  CHECK(&std::as_const(store).event_storage_adapter() == &storage);
}

TEST_CASE("a store with four parameters takes an adapter derived from its own") {
  struct Counting : RecordStorage {};
  Counting storage;
  RecordsDirectly::Store store{"POKEMONS", storage};
  CHECK(&store.event_storage_adapter() == &storage);
  store.set_event_storage_adapter(std::make_shared<Counting>());
  CHECK(store.get_events("pikachu").empty());
}

TEST_CASE("stores with three and four parameters share an adapter in a group made at run time") {
  InMemoryEventStorageAdapter storage;
  ObjectsDirectly::Store direct{"POKEMONS", storage};
  ObjectsThroughAny::Store through_any{"POKEMONS", storage};
  push_event_group({direct.group_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}),
                    through_any.group_event("pikachu", 2, PokemonLeveledUp{})});
  CHECK(direct.get_existing_aggregate("pikachu") == pikachu(2, 6));
  CHECK(through_any.get_existing_aggregate("pikachu") == pikachu(2, 6));
}
