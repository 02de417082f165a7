// SPDX-License-Identifier: MIT
#include <castore/messaging/observed_message_channel.hpp>

#include <castore/adapters/in_memory.hpp>
#include <castore/castore.hpp>
#include <castore/messaging.hpp>
#include "core/pokemons.hpp"
#include "observers/recorder.hpp"
#include "support/catch.hpp"

#include <exception>
#include <span>
#include <string>
#include <tuple>
#include <vector>

using castore::InMemoryEventStorageAdapter;
using castore::ObservedMessageChannel;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonEvents;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonReducer;
using castore_tests::Recorder;
using castore_tests::Told;

using PokemonStore = castore::EventStore<PokemonEvents, Pokemon, PokemonReducer>;

namespace {

/// Takes messages, or refuses all of them.
struct Carrier {
  void publish_messages(std::span<const castore::MessageView> messages, const castore::PublishMessageOptions&) {
    if (is_closed) throw castore::MessagesNotPublishedError{{0}, "closed", false};
    taken += messages.size();
  }

  bool is_closed = false;
  std::size_t taken = 0;
};

}  // namespace

TEST_CASE("an observer is told of what a channel is given, and what became of it", "[messaging]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  Carrier carrier;
  castore::NotificationMessageQueue queue{"QUEUE", pokemons, carrier};
  const Recorder recorder;
  ObservedMessageChannel observed{queue, recorder};
  static_assert(sizeof(ObservedMessageChannel<decltype(queue)>) == sizeof(void*));

  castore::ConnectedEventStore connected{pokemons, observed, [](const auto&, std::exception_ptr) {}};
  connected.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(carrier.taken == 1);
  CHECK(recorder.told() == Told{"start publish POKEMONS pikachu QUEUE x1", "end publish POKEMONS pikachu QUEUE x1: 1"});

  pokemons.push_event("pikachu", 2, PokemonLeveledUp{});
  castore::OutboxRelay relay{"relay", storage, std::tie(pokemons), observed};
  relay.poll();
  CHECK(recorder.told() == Told{"start publish POKEMONS pikachu QUEUE x2", "end publish POKEMONS pikachu QUEUE x2: 2"});

  observed.publish_messages(std::vector<decltype(queue)::Message>{});
  CHECK(recorder.told().empty());

  carrier.is_closed = true;
  connected.push_event("pikachu", 3, PokemonLeveledUp{});
  const Told told = recorder.told();
  REQUIRE(told.size() == 2);
  CHECK(told.back().starts_with("end publish POKEMONS pikachu QUEUE x1: 0, "));
}

TEST_CASE("an observer is told of a state that a channel fetches and publishes", "[messaging]") {
  InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  Carrier carrier;
  const castore::StateCarryingMessageBus bus{"BUS", pokemons, carrier};
  const Recorder recorder;
  const ObservedMessageChannel observed{bus, recorder};
  const auto pushed = pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  observed.get_aggregate_and_publish_message(castore::NotificationMessage<PokemonEvents>{"POKEMONS", pushed.event});
  CHECK(recorder.told() == Told{"start publish POKEMONS pikachu BUS x1", "end publish POKEMONS pikachu BUS x1: 1"});
}
