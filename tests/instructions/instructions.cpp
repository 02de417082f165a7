// SPDX-License-Identifier: MIT
// castore_instructions CASE: does the fixed work of a case within `measured`, whose instructions instructions.sh counts.
// castore_instructions: names the cases, each with the operations it does.
#include "support/workload.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/json.hpp>

#include <cstddef>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

[[gnu::noinline]] void measured(const std::function<void()>& work) { work(); }

namespace {

using namespace benchmarks;
template <class Adapter, class Reducer = InPlaceReducer>
using StoreOn = castore::EventStore<AccountEvents, Account, Reducer, Adapter>;
using InMemory = castore::InMemoryEventStorageAdapter;
using Sqlite = castore::SqliteEventStorageAdapter;
using AnyStore = castore::EventStore<AccountEvents, Account, InPlaceReducer>;

template <class Store>
void fill(Store& store, std::size_t aggregates, std::size_t events) {
  for (const std::string& id : make_ids(aggregates)) {
    store.push_event(id, 1, opened);
    for (std::size_t version = 2; version <= events; ++version) {
      store.push_event(id, static_cast<castore::Version>(version), deposited_60);
    }
  }
}

template <class Store>
void push() {
  InMemory storage;
  Store store{"ACCOUNTS", storage};
  measured([&] { fill(store, 10, 100); });
}

template <class Reducer>
void load() {
  InMemory storage;
  StoreOn<InMemory, Reducer> store{"ACCOUNTS", storage};
  fill(store, 1, 100);
  const std::string id = make_ids(1).front();
  measured([&] {
    for (int time = 0; time < 10; ++time) store.get_aggregate(id);
  });
}

void conflict() {
  InMemory storage;
  StoreOn<InMemory> store{"ACCOUNTS", storage};
  fill(store, 1, 10);
  const std::string id = make_ids(1).front();
  measured([&] {
    for (int time = 0; time < 100; ++time) (void)store.try_push_event(id, 5, deposited);
  });
}

void command() {
  InMemory storage;
  StoreOn<InMemory> store{"ACCOUNTS", storage};
  fill(store, 10, 50);
  const castore::Command command{"DEPOSIT", store, deposit};
  const std::vector<std::string> ids = make_ids(10);
  measured([&] {
    for (const std::string& id : ids) command(id, 4200);
  });
}

void page() {
  InMemory storage;
  StoreOn<InMemory> store{"ACCOUNTS", storage};
  fill(store, 1000, 1);
  const auto first = store.list_aggregate_ids({.limit = 100});
  measured([&] { store.list_aggregate_ids({.limit = 100, .page_token = first.next_page_token}); });
}

void group() {
  InMemory storage;
  StoreOn<InMemory> left{"LEFT", storage};
  StoreOn<InMemory> right{"RIGHT", storage};
  const std::string id = make_ids(1).front();
  measured([&] {
    for (castore::Version version = 1; version <= 100; ++version) {
      castore::push_event_group(left.group_event(id, version, deposited), right.group_event(id, version, deposited));
    }
  });
}

void push_sqlite() {
  Sqlite storage{":memory:"};
  StoreOn<Sqlite> other{"OTHER", storage};
  StoreOn<Sqlite> store{"ACCOUNTS", storage};
  fill(other, 1, 2);  // prepares the statements
  measured([&] { fill(store, 10, 10); });
}

void load_sqlite() {
  Sqlite storage{":memory:"};
  StoreOn<Sqlite> store{"ACCOUNTS", storage};
  fill(store, 1, 100);
  const std::string id = make_ids(1).front();
  store.get_aggregate(id);  // prepares the statement
  measured([&] {
    for (int time = 0; time < 10; ++time) store.get_aggregate(id);
  });
}

struct Case {
  std::string_view name;
  int operations;
  void (*run)();
};
constexpr Case cases[] = {
    {"push", 1000, push<StoreOn<InMemory>>},
    {"push_three_parameters", 1000, push<AnyStore>},
    {"load_100_in_place", 10, load<InPlaceReducer>},
    {"load_100_by_value", 10, load<PureReducer>},
    {"conflict", 100, conflict},
    {"command_on_50", 10, command},
    {"page_of_100", 1, page},
    {"group_of_two", 100, group},
    {"sqlite_push", 100, push_sqlite},
    {"sqlite_load_100", 10, load_sqlite},
};

}  // namespace

int main(int count, char** arguments) {
  for (const Case& each : cases) {
    if (count == 1) std::printf("%s %d\n", std::string{each.name}.c_str(), each.operations);
    if (count > 1 && each.name == arguments[1]) each.run();
  }
}
