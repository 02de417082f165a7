// SPDX-License-Identifier: MIT
#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>

#include <iostream>
#include <string_view>

struct PikachuAppeared {
  static constexpr std::string_view type = "PIKACHU_APPEARED";
};

struct Pikachu : castore::Aggregate {};

struct PikachuReducer {
  void operator()(Pikachu&, const PikachuAppeared&) const {}
};

int main() {
  castore::SqliteEventStorageAdapter storage{"pikachu.db"};
  castore::EventStore<castore::Events<PikachuAppeared>, Pikachu, PikachuReducer> pikachus{"PIKACHUS", storage};
  pikachus.push_event("pikachu", 1, PikachuAppeared{});
  for (const auto& event : pikachus.get_events("pikachu")) std::cout << event.type() << '\n';
}
