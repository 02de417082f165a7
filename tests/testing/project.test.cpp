// SPDX-License-Identifier: MIT
#include <castore/testing/project.hpp>

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include "core/pokemons.hpp"
#include "support/catch.hpp"
#include "testing/failure_of.hpp"

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using castore::EventInfo;
using castore::SqliteTransaction;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;

namespace {

struct LevelList {
  static constexpr std::string_view name = "level_list";
  static constexpr int version = 1;
  void create(SqliteTransaction& tx) const { tx.execute("CREATE TABLE level_list (id TEXT, level INTEGER)"); }
  void operator()(SqliteTransaction& tx, const PokemonAppeared& event, const EventInfo<PokemonAppeared>& info) const {
    tx.execute("INSERT INTO level_list VALUES (?, ?)", info.aggregate_id, event.level);
  }
  void operator()(SqliteTransaction& tx, const PokemonLeveledUp&, const EventInfo<PokemonLeveledUp>& info) const {
    tx.execute("UPDATE level_list SET level = level + 1 WHERE id = ?", info.aggregate_id);
  }
};

std::string read_list(castore::SqliteEventStorageAdapter& storage) {
  std::string text;
  storage.transact([&](SqliteTransaction& tx) {
    for (const castore::SqlRow& row : tx.query("SELECT id, level FROM level_list ORDER BY id")) {
      text += row.get<std::string>(0) + "=" + row.get<std::string>(1) + " ";
    }
  });
  return text;
}

template <class Projection>
struct Scene {
  std::unique_ptr<castore::SqliteEventStorageAdapter> adapter =
      std::make_unique<castore::SqliteEventStorageAdapter>(":memory:");
  std::unique_ptr<PokemonStore> pokemons = std::make_unique<PokemonStore>("POKEMONS", *adapter);

  castore::SqliteEventStorageAdapter& storage() const { return *adapter; }
  PokemonStore& store() const { return *pokemons; }
  Projection projection() const { return {}; }
  std::string read() const { return read_list(*adapter); }
};

/// It depends on more than its events.
struct CountsCalls : LevelList {
  void operator()(SqliteTransaction& tx, const PokemonAppeared& event, const EventInfo<PokemonAppeared>& info) const {
    static int calls = 0;
    LevelList::operator()(tx, {event.name, ++calls}, info);
  }
};

castore::GroupedEvent make_event(auto& store, const std::string& id, castore::Version version, std::mt19937_64&) {
  if (version == 1) return store.group_event(id, version, PokemonAppeared{id, 1});
  return store.group_event(id, version, PokemonLeveledUp{});
}

}  // namespace

TEST_CASE("a projection is tested with events made by hand") {
  castore::SqliteEventStorageAdapter storage{":memory:"};
  storage.transact([](SqliteTransaction& tx) {
    LevelList{}.create(tx);
    castore::testing::project(
        LevelList{}, tx, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{},
        castore::EventDetail<PokemonAppeared>{.aggregate_id = "muk", .version = 1, .payload = {"Muk", 2}});
  });
  CHECK(read_list(storage) == "aggregate=6 muk=2 ");
  CHECK(castore::testing::unhandled_events<LevelList, SqliteTransaction, PokemonStore>() ==
        std::vector<std::string>{"POKEMON_CAUGHT", "POKEMON_HEALED"});
}

TEST_CASE("given events are projected with the header that they leave out and as a storage gives them back") {
  castore::SqliteEventStorageAdapter storage{":memory:"};
  storage.transact([](SqliteTransaction& tx) {
    LevelList{}.create(tx);
    castore::testing::given(PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}).project(LevelList{}, tx);
    castore::testing::given<PokemonStore>(
        castore::EventDetail<PokemonAppeared>{.aggregate_id = "muk", .payload = {"Muk", 2}}, PokemonLeveledUp{})
        .project(LevelList{}, tx);
    const auto tell = [&tx](SqliteTransaction&, const PokemonLeveledUp&, const EventInfo<PokemonLeveledUp>& info,
                            const castore::EventPlace& place) {
      tx.execute("INSERT INTO level_list VALUES (?, ?)", place.id() + castore::format_timestamp(info.timestamp),
                 place.position);
    };
    castore::testing::given(PokemonLeveledUp{}, PokemonLeveledUp{}).project(tell, tx);
  });
  CHECK(read_list(storage) ==
        "EVENTS#aggregate#12022-01-01T00:00:00.000Z=1 EVENTS#aggregate#22022-01-01T00:00:01.000Z=2 aggregate=6 muk=3 ");
}

TEST_CASE("a read model that is built, followed, or handed over to pushes is the same on random histories") {
  const auto make = [](auto& store, const std::string& id, castore::Version version, std::mt19937_64& random) {
    return make_event(store, id, version, random);
  };
  castore::testing::check_projection([] { return Scene<LevelList>{}; }, make);
  const std::string failure =
      kit_tests::failure_of([&] { castore::testing::check_projection([] { return Scene<CountsCalls>{}; }, make, 7); });
  CHECK(failure.find("was followed differs from the one that was built in one go (seed 7)") != std::string::npos);
}
