// SPDX-License-Identifier: MIT
// expected: castore: this needs an adapter that runs transactions; give it a public type `Transaction` and a public member function `void transact(castore::detail::FunctionRef<void(Transaction&)> function)`, or take another adapter
// expected: MyAdapter
// errors: 1
#include "pokemon/pokemon.hpp"

#include <castore/log/subscription.hpp>

#include <memory>
#include <span>
#include <string_view>
#include <tuple>

struct MyAdapter {
  castore::PushOutcome push_events(std::span<const castore::PushRecord>, const castore::PushOptions&) { return {}; }
  void get_events(std::string_view, std::string_view, const castore::GetEventsOptions&, castore::RecordSink) {}
  castore::AggregateIdsPage list_aggregate_ids(std::string_view, const castore::ListAggregateIdsOptions&) { return {}; }
  castore::ReadAllEventsResult read_all_events(castore::Position, const castore::ReadAllEventsOptions&,
                                               castore::SequencedEventSink) {
    return {};
  }
};

int main() {
  MyAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
#ifdef OFFEND
  castore::Subscription audit{"audit", storage, std::tie(pokemons)};
#else
  castore::Subscription audit{
      "audit", storage, std::tie(pokemons), {.checkpoints = std::make_shared<castore::InMemoryCheckpointStore>()}};
#endif
  audit.catch_up([](const auto&) {});
}
