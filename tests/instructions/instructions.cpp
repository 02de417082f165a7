// SPDX-License-Identifier: MIT
// castore_instructions CASE: does the fixed work of a case within `measured`, whose instructions instructions.sh
// counts. castore_instructions: names the cases, each with the operations it does.
#include "support/workload.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/json.hpp>
#include <castore/observers.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
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

/// What a store does to which an observer was added that does nothing.
void push_observed() {
  InMemory storage;
  StoreOn<InMemory> store{"ACCOUNTS", storage};
  castore::ObservedEventStore<StoreOn<InMemory>> observed{store};
  measured([&] { fill(observed, 10, 100); });
}

void load_observed() {
  InMemory storage;
  StoreOn<InMemory> store{"ACCOUNTS", storage};
  fill(store, 1, 100);
  const castore::ObservedEventStore<StoreOn<InMemory>> observed{store};
  const std::string id = make_ids(1).front();
  measured([&] {
    for (int time = 0; time < 10; ++time) observed.get_aggregate(id);
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

/// Events of today that had three older forms and other types, of which nothing is stored.
struct MoneyDeposited1 {
  static constexpr std::string_view type = "MONEY_DEPOSITED_1";
  std::int64_t euros = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(MoneyDeposited1, euros)
};
struct MoneyDeposited2 {
  static constexpr std::string_view type = "MONEY_DEPOSITED_2";
  std::int64_t cents = 0;
  using upcasts = castore::Upcasts<MoneyDeposited1>;
  static MoneyDeposited2 upcast(MoneyDeposited1 old) { return {old.euros * 100}; }
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(MoneyDeposited2, cents)
};
struct MoneyDeposited3 {
  static constexpr std::string_view type = "MONEY_DEPOSITED_3";
  std::int64_t cents = 0;
  std::string note;
  using upcasts = castore::Upcasts<MoneyDeposited2>;
  static MoneyDeposited3 upcast(MoneyDeposited2 old) { return {old.cents, ""}; }
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(MoneyDeposited3, cents, note)
};
struct DepositedWithOldForms {
  static constexpr std::string_view type = MoneyDeposited::type;
  std::int64_t cents = 0;
  std::string reference;
  static constexpr std::array<std::string_view, 2> former_types{"DEPOSIT", "MONEY_PAID_IN"};
  using upcasts = castore::Upcasts<MoneyDeposited3>;
  static DepositedWithOldForms upcast(MoneyDeposited3 old) { return {old.cents, std::move(old.note)}; }
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(DepositedWithOldForms, cents, reference)
};
struct OldFormsReducer {
  void operator()(Account& account, const AccountOpened& event) const {
    account.owner = event.owner;
    account.is_open = true;
  }
  void operator()(Account& account, const DepositedWithOldForms& event) const { account.cents += event.cents; }
  void operator()(Account& account, const AccountClosed&) const { account.is_open = false; }
};

/// The same events are stored as where there are no old forms.
template <class Adapter>
void load_with_old_forms() {
  Adapter storage = [] {
    if constexpr (std::is_same_v<Adapter, Sqlite>) {
      return Sqlite{":memory:"};
    } else {
      return InMemory{};
    }
  }();
  castore::EventStore<castore::Events<AccountOpened, DepositedWithOldForms, AccountClosed>, Account, OldFormsReducer,
                      Adapter>
      store{"ACCOUNTS", storage};
  const std::string id = make_ids(1).front();
  store.push_event(id, 1, opened);
  for (castore::Version version = 2; version <= 100; ++version) {
    store.push_event(id, version, DepositedWithOldForms{deposited_60.cents, deposited_60.reference});
  }
  store.get_aggregate(id);
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
    {"push_with_no_observer", 1000, push_observed},
    {"push_three_parameters", 1000, push<AnyStore>},
    {"load_100_in_place", 10, load<InPlaceReducer>},
    {"load_100_in_place_with_old_forms", 10, load_with_old_forms<InMemory>},
    {"load_100_in_place_with_no_observer", 10, load_observed},
    {"load_100_by_value", 10, load<PureReducer>},
    {"conflict", 100, conflict},
    {"command_on_50", 10, command},
    {"page_of_100", 1, page},
    {"group_of_two", 100, group},
    {"sqlite_push", 100, push_sqlite},
    {"sqlite_load_100", 10, load_sqlite},
    {"sqlite_load_100_with_old_forms", 10, load_with_old_forms<Sqlite>},
};

}  // namespace

int main(int count, char** arguments) {
  for (const Case& each : cases) {
    if (count == 1) std::printf("%s %d\n", std::string{each.name}.c_str(), each.operations);
    if (count > 1 && each.name == arguments[1]) each.run();
  }
}
