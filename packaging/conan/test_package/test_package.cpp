// SPDX-License-Identifier: MIT
#include <castore/castore.hpp>
#ifdef WITH_SQLITE
#include <castore/adapters/sqlite.hpp>
#endif

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
#ifdef WITH_SQLITE
  castore::SqliteEventStorageAdapter storage{":memory:"};
#else
  castore::InMemoryEventStorageAdapter storage;
#endif
  castore::EventStore<castore::Events<PikachuAppeared>, Pikachu, PikachuReducer> pikachus{"PIKACHUS", storage};
  pikachus.push_event("pikachu", 1, PikachuAppeared{});
  for (const auto& event : pikachus.get_events("pikachu")) std::cout << event.type() << '\n';
}
