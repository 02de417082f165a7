// SPDX-License-Identifier: MIT
#include <castore/observers/observed_command.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/castore.hpp>
#include "core/pokemons.hpp"
#include "observers/recorder.hpp"
#include "support/catch.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

using castore::Command;
using castore::InMemoryEventStorageAdapter;
using castore::ObservedCommand;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonEvents;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonReducer;
using castore_tests::Recorder;
using castore_tests::Told;

using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;

namespace {

struct Appear {
  std::string name;
};

}  // namespace

TEST_CASE("an observer is told of each call of a command", "[observers]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  const Recorder recorder;
  const auto decide = [](const std::optional<Pokemon>&, const Appear& input) { return PokemonAppeared{input.name, 1}; };
  const ObservedCommand appear{Command{"APPEAR", pokemons, decide}, recorder};
  using Plain = Command<PokemonStore, std::remove_const_t<decltype(decide)>>;
  static_assert(std::is_same_v<castore::CommandInput<decltype(appear)>, Appear>);
  static_assert(std::is_same_v<castore::CommandOutput<decltype(appear)>, Plain::Result>);
  static_assert(sizeof(ObservedCommand<Plain>) == sizeof(Plain));

  CHECK(appear("pikachu", Appear{"Pikachu"}).aggregate.name == "Pikachu");
  CHECK(recorder.told() ==
        Told{"start command POKEMONS pikachu APPEAR", "end command POKEMONS pikachu APPEAR: 1 at 1"});

  CHECK(appear.with({.context = castore::Context{.correlation_id = "request-1"}})("eevee", Appear{"Eevee"})
            .events.front()
            .context()
            ->correlation_id == "request-1");
  CHECK(recorder.told() == Told{"start command POKEMONS eevee APPEAR", "end command POKEMONS eevee APPEAR: 1 at 2"});

  appear.call_json("ditto", R"({"name":"Ditto"})");
  appear.with({.context = castore::Context{.correlation_id = "request-2"}}).call_json("onix", R"({"name":"Onix"})");
  CHECK(recorder.told() == Told{"start command POKEMONS ditto APPEAR", "end command POKEMONS ditto APPEAR: 1 at 3",
                                "start command POKEMONS onix APPEAR", "end command POKEMONS onix APPEAR: 1 at 4"});
  const ObservedCommand grow{Command{"GROW", pokemons,
                                     [](const Pokemon&) {
                                       return std::tuple{PokemonLeveledUp{}, PokemonLeveledUp{}};
                                     }},
                             recorder};
  grow("onix");
  CHECK(recorder.told() == Told{"start command POKEMONS onix GROW", "end command POKEMONS onix GROW: 2 at 6"});
  CHECK_THROWS_AS(appear.call_json("ditto", "{}"), castore::InvalidInputError);
  CHECK(recorder.told().size() == 2);
}

TEST_CASE("a command's refusal, and its last conflict, are told", "[observers]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  const Recorder recorder;
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});

  const ObservedCommand refuse{
      Command{"REFUSE", pokemons, [](const Pokemon&) { return throw std::domain_error{"no"}, PokemonLeveledUp{}; }},
      recorder};
  CHECK_THROWS_AS(refuse("pikachu"), std::domain_error);
  CHECK(recorder.told() == Told{"start command POKEMONS pikachu REFUSE", "end command POKEMONS pikachu REFUSE: 0, no"});

  const ObservedCommand late{Command{"LATE", pokemons,
                                     [&](const Pokemon& pokemon) {
                                       pokemons.push_event("pikachu", pokemon.version + 1, PokemonLeveledUp{});
                                       return PokemonLeveledUp{};
                                     }},
                             recorder};
  CHECK_THROWS_AS(late("pikachu"), castore::EventAlreadyExistsError);
  CHECK(recorder.told() == Told{"start command POKEMONS pikachu LATE",
                                "end command POKEMONS pikachu LATE: 0, conflict, EventAlreadyExistsError"});

  const ObservedCommand nothing{Command{"NOTHING", pokemons, [](const Pokemon&) {}}, recorder};
  CHECK(nothing("pikachu").events.empty());
  CHECK(recorder.told() == Told{"start command POKEMONS pikachu NOTHING", "end command POKEMONS pikachu NOTHING: 0"});
}

TEST_CASE("an observer is told of the calls of a command over several stores", "[observers]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  PokemonStore others{"OTHERS", storage};
  const Recorder recorder;
  const ObservedCommand appear{Command{"APPEAR", std::tie(pokemons, others),
                                       [](const Appear& input, PokemonStore& first, PokemonStore& second) {
                                         castore::push_event_group(
                                             first.group_event("1", 1, PokemonAppeared{input.name, 1}),
                                             second.group_event("2", 1, PokemonAppeared{input.name, 1}));
                                         return std::string{"done"};
                                       }},
                               recorder};
  CHECK(appear({"Pikachu"}) == "done");
  CHECK(recorder.told() == Told{"start command APPEAR", "end command APPEAR: 0"});
  CHECK_THROWS_AS(appear(Appear{"Pikachu"}), castore::EventAlreadyExistsError);
  CHECK(recorder.told() == Told{"start command APPEAR", "end command APPEAR: 0, conflict, EventAlreadyExistsError"});
  CHECK_THROWS_AS(appear.call_json(R"({"name":7})"), castore::InvalidInputError);
  CHECK(recorder.told().size() == 2);

  const ObservedCommand none{Command{"NONE", std::tie(pokemons), [](PokemonStore&) {}}, recorder};
  none();
  CHECK(recorder.told() == Told{"start command NONE", "end command NONE: 0"});
}
