// SPDX-License-Identifier: MIT
// A push whose answer is lost, and a command that may be sent again without being done twice.

#include <castore/castore.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>

#include <chrono>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>

struct PokemonTrained {
  static constexpr std::string_view type = "POKEMON_TRAINED";
  std::string request_id;
};

struct Pokemon {
  std::string aggregate_id;
  castore::Version version = 0;
  int level = 0;
  std::set<std::string> request_ids{};
};

struct PokemonReducer {
  void operator()(Pokemon& pokemon, const PokemonTrained& event) const {
    ++pokemon.level;
    pokemon.request_ids.insert(event.request_id);
  }
};

using PokemonStore = castore::EventStore<castore::Events<PokemonTrained>, Pokemon, PokemonReducer>;

// [decide]
std::optional<PokemonTrained> train(const std::optional<Pokemon>& pokemon, const std::string& request_id) {
  if (pokemon && pokemon->request_ids.contains(request_id)) return std::nullopt;  // this request is done
  return PokemonTrained{request_id};
}
// [/decide]

// [retry]
template <class Operation>
auto with_retries(const Operation& operation, int max_attempts = 3) {
  for (int attempt = 1;; ++attempt) {
    try {
      return operation();
    } catch (const castore::StorageError& error) {
      if (!error.retryable() || attempt == max_attempts) throw;
      std::cout << "attempt " << attempt << " failed, trying again\n";
      std::this_thread::sleep_for(std::chrono::milliseconds{10} * attempt);
    }
  }
}
// [/retry]

int main() {
  // [lost]
  castore::InMemoryEventStorageAdapter memory;
  castore::testing::FaultInjectingAdapter storage{memory};
  PokemonStore pokemons{"POKEMONS", storage};
  const castore::Command train_pokemon{"TRAIN_POKEMON", pokemons, train};

  using castore::testing::StorageOperation;
  storage.inject(StorageOperation::push_events, castore::testing::fails_after());  // it is stored, the answer is lost
  const auto result = with_retries([&] { return train_pokemon("pikachu", "request 1"); });
  std::cout << result.events.size() << " events pushed, level " << result.aggregate->level << '\n';
  // [/lost]
}
