// SPDX-License-Identifier: MIT
// The SQLite adapter beside a hand-written program with prepared statements on the same table.
#include "support/compare.hpp"
#include "support/workload.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/simdjson.hpp>

#include <sqlite3.h>

#include <unistd.h>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace benchmarks;
using Store = castore::EventStore<AccountEvents, Account, InPlaceReducer>;

/// What MoneyDeposited is, for the codec of <castore/simdjson.hpp>.
struct DeclaredDeposited {
  static constexpr std::string_view type = MoneyDeposited::type;
  std::int64_t cents = 0;
  std::string reference;
  CASTORE_DEFINE_JSON(DeclaredDeposited, cents, reference)
};
struct DeclaredReducer {
  void operator()(Account& account, const DeclaredDeposited& event) const { account.cents += event.cents; }
};
using DeclaredStore = castore::EventStore<castore::Events<DeclaredDeposited>, Account, DeclaredReducer>;

/// A new folder for every database, removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path = std::filesystem::temp_directory_path() / "castore-benchmark-XXXXXX";
    if (!mkdtemp(path.data())) throw std::runtime_error{"no temporary folder"};
    path_ = path;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  std::string file() const { return path_ / "events.db"; }

 private:
  std::filesystem::path path_;
};

void check(bool is_done, sqlite3* database) {
  if (!is_done) throw std::runtime_error{sqlite3_errmsg(database)};
}

/// On the table that the adapter makes: in a file with AUTOINCREMENT, in memory without.
class HandStore {
 public:
  HandStore(const std::string& file, bool full) {
    check(sqlite3_open(file.c_str(), &database_) == SQLITE_OK, database_);
    run("PRAGMA journal_mode = WAL");
    run(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    const std::string position = file == ":memory:" ? "" : " AUTOINCREMENT";
    run("CREATE TABLE event (position INTEGER PRIMARY KEY" + position +
        ", event_store_id TEXT NOT NULL, aggregate_id TEXT NOT NULL,"
        " version INTEGER NOT NULL, type TEXT NOT NULL, timestamp TEXT NOT NULL, payload TEXT, metadata TEXT,"
        " UNIQUE (event_store_id, aggregate_id, version)) STRICT");
    run("CREATE INDEX initial_event ON event (event_store_id, timestamp, aggregate_id) WHERE version = 1");
    push_ = prepare(
        "INSERT INTO event (event_store_id, aggregate_id, version, type, timestamp, payload)"
        " VALUES ('ACCOUNTS', ?1, ?2, ?3, ?4, ?5)");
    load_ = prepare(
        "SELECT version, type, payload FROM event WHERE event_store_id = 'ACCOUNTS' AND aggregate_id = ?1"
        " ORDER BY version");
  }
  HandStore(const HandStore&) = delete;
  HandStore& operator=(const HandStore&) = delete;
  ~HandStore() {
    sqlite3_finalize(push_);
    sqlite3_finalize(load_);
    sqlite3_close(database_);
  }

  template <class Payload>
  void push(const std::string& id, std::int64_t version, const Payload& payload) {
    const std::string json = nlohmann::json(payload).dump();
    const std::string timestamp = castore::format_timestamp(castore::system_timestamp());
    bind(push_, 1, id);
    sqlite3_bind_int64(push_, 2, version);
    bind(push_, 3, Payload::type);
    bind(push_, 4, timestamp);
    bind(push_, 5, json);
    check(sqlite3_step(push_) == SQLITE_DONE, database_);
    sqlite3_reset(push_);
  }

  Account load(const std::string& id) {
    Account account;
    account.aggregate_id = id;
    bind(load_, 1, id);
    while (sqlite3_step(load_) == SQLITE_ROW) {
      const std::string_view type = text(load_, 1);
      const auto json = nlohmann::json::parse(text(load_, 2));
      if (type == AccountOpened::type) {
        InPlaceReducer{}(account, json.get<AccountOpened>());
      } else if (type == MoneyDeposited::type) {
        InPlaceReducer{}(account, json.get<MoneyDeposited>());
      }
      account.version = sqlite3_column_int64(load_, 0);
    }
    sqlite3_reset(load_);
    return account;
  }

  /// What SQLite alone takes to hand out the rows.
  Account step(const std::string& id) {
    Account account;
    bind(load_, 1, id);
    while (sqlite3_step(load_) == SQLITE_ROW) {
      account.cents += static_cast<std::int64_t>(text(load_, 1).size() + text(load_, 2).size());
      account.version = sqlite3_column_int64(load_, 0);
    }
    sqlite3_reset(load_);
    return account;
  }

 private:
  void run(const std::string& sql) {
    check(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK, database_);
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) == SQLITE_OK,
          database_);
    return statement;
  }
  static void bind(sqlite3_stmt* statement, int index, std::string_view value) {
    sqlite3_bind_text(statement, index, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  }
  static std::string_view text(sqlite3_stmt* statement, int column) {
    const auto* begin = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return {begin, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* push_ = nullptr;
  sqlite3_stmt* load_ = nullptr;
};

void compare_push(const std::string& name, bool in_memory, castore::SqliteSynchronous synchronous, std::size_t events) {
  const std::vector<std::string> ids = make_ids(events / 20);
  const auto push_all = [&](auto&& push) {
    return seconds([&] {
      for (const std::string& id : ids) {
        for (castore::Version version = 1; version <= 20; ++version) push(id, version);
      }
    });
  };
  compare(
      name, events, 9,
      [&] {
        const TemporaryFolder folder;
        castore::SqliteEventStorageAdapter storage{in_memory ? ":memory:" : folder.file(),
                                                   {.synchronous = synchronous}};
        Store store{"ACCOUNTS", storage};
        return push_all(
            [&](const std::string& id, castore::Version version) { store.push_event(id, version, deposited_60); });
      },
      [&] {
        const TemporaryFolder folder;
        HandStore store{in_memory ? ":memory:" : folder.file(), synchronous == castore::SqliteSynchronous::full};
        return push_all(
            [&](const std::string& id, castore::Version version) { store.push(id, version, deposited_60); });
      });
}

/// Threads that share transactions, beside one thread by hand.
void compare_group_commit(int threads) {
  constexpr castore::Version versions = 20;
  const std::vector<std::string> ids = make_ids(static_cast<std::size_t>(threads));
  compare(
      "push, FULL, " + std::to_string(threads) + " threads beside one", ids.size() * versions, 9,
      [&] {
        const TemporaryFolder folder;
        castore::SqliteEventStorageAdapter storage{folder.file()};
        Store store{"ACCOUNTS", storage};
        return seconds([&] {
          std::vector<std::jthread> running;
          for (const std::string& id : ids) {
            running.emplace_back([&] {
              for (castore::Version version = 1; version <= versions; ++version) {
                store.push_event(id, version, deposited_60);
              }
            });
          }
        });
      },
      [&] {
        const TemporaryFolder folder;
        HandStore store{folder.file(), true};
        return seconds([&] {
          for (const std::string& id : ids) {
            for (castore::Version version = 1; version <= versions; ++version) store.push(id, version, deposited_60);
          }
        });
      });
}

template <class AnyStore>
void compare_load(const std::string& name, std::size_t events, Account (HandStore::*load_by_hand)(const std::string&)) {
  const TemporaryFolder folder;
  const TemporaryFolder hand_folder;
  castore::SqliteEventStorageAdapter storage{folder.file(), {.synchronous = castore::SqliteSynchronous::normal}};
  Store filling{"ACCOUNTS", storage};
  AnyStore store{"ACCOUNTS", storage};
  HandStore hand{hand_folder.file(), false};
  const std::vector<std::string> ids = make_ids(10);
  for (std::size_t version = 1; version <= events; ++version) {
    for (const std::string& id : ids) {
      filling.push_event(id, static_cast<castore::Version>(version), deposited_60);
      hand.push(id, static_cast<std::int64_t>(version), deposited_60);
    }
  }
  const std::size_t times = 100'000 / events;
  const auto load_all = [&](auto&& load) {
    return cpu_seconds([&] {
      for (std::size_t time = 0; time < times; ++time) keep(load(ids[time % ids.size()]).cents);
    });
  };
  compare(
      "load " + std::to_string(events) + " events" + name, times, 9,
      [&] { return load_all([&](const std::string& id) { return store.get_existing_aggregate(id); }); },
      [&] { return load_all([&](const std::string& id) { return (hand.*load_by_hand)(id); }); });
}

/// The stores of 500,000 events, beside DISTINCT.
void compare_list_event_stores() {
  const TemporaryFolder folder;
  castore::SqliteEventStorageAdapter storage{folder.file()};
  sqlite3* database = nullptr;
  check(sqlite3_open(folder.file().c_str(), &database) == SQLITE_OK, database);
  const char* const fill =
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) INSERT INTO event"
      " (event_store_id, aggregate_id, version, type, timestamp) SELECT 'STORE ' || i % 5, i, 1, 'E',"
      " '2022-01-01T00:00:00.000Z' FROM n";
  check(sqlite3_exec(database, fill, nullptr, nullptr, nullptr) == SQLITE_OK, database);
  sqlite3_stmt* distinct = nullptr;
  check(sqlite3_prepare_v2(database, "SELECT DISTINCT event_store_id FROM event ORDER BY 1", -1, &distinct, nullptr) ==
            SQLITE_OK,
        database);
  compare(
      "list 5 event stores / DISTINCT", 1, 9,
      [&] { return cpu_seconds([&] { keep(storage.list_event_stores().size()); }); },
      [&] {
        return cpu_seconds([&] {
          std::vector<std::string> stores;
          while (sqlite3_step(distinct) == SQLITE_ROW) {
            stores.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(distinct, 0)));
          }
          sqlite3_reset(distinct);
          keep(stores.size());
        });
      });
  sqlite3_finalize(distinct);
  sqlite3_close(database);
}

void compare_command() {
  const TemporaryFolder folder;
  const TemporaryFolder hand_folder;
  castore::SqliteEventStorageAdapter storage{folder.file(), {.synchronous = castore::SqliteSynchronous::normal}};
  Store store{"ACCOUNTS", storage};
  HandStore hand{hand_folder.file(), false};
  const castore::Command command{"DEPOSIT", store, deposit};
  constexpr std::size_t rounds = 9;
  const std::vector<std::string> ids = make_ids(100 * (rounds + 1));  // one round more, to warm up
  for (const std::string& id : ids) {
    for (castore::Version version = 1; version <= 50; ++version) {
      store.push_event(id, version, deposited_60);
      hand.push(id, version, deposited_60);
    }
  }
  std::size_t next = 0;
  std::size_t hand_next = 0;
  compare(
      "command on 50 events, synchronous NORMAL", 100, rounds,
      [&] {
        const std::size_t end = next + 100;
        return seconds([&] {
          for (; next < end; ++next) keep(command(ids[next], 4200).aggregate.cents);
        });
      },
      [&] {
        const std::size_t end = hand_next + 100;
        return seconds([&] {
          for (; hand_next < end; ++hand_next) {
            Account account = hand.load(ids[hand_next]);
            const MoneyDeposited event = deposit(account, 4200);
            hand.push(ids[hand_next], ++account.version, event);
            InPlaceReducer{}(account, event);
            keep(account.cents);
          }
        });
      });
}

}  // namespace

int main() {
  using enum castore::SqliteSynchronous;
  print_header();
  compare_push("push, :memory:", true, normal, 20'000);
  compare_push("push, synchronous NORMAL", false, normal, 20'000);
  compare_push("push, synchronous FULL", false, full, 200);
  compare_group_commit(16);
  for (const std::size_t events : {100U, 1000U, 10'000U}) compare_load<Store>("", events, &HandStore::load);
  compare_load<DeclaredStore>(", declared fields / rows alone", 1000, &HandStore::step);
  compare_command();
  compare_list_event_stores();
}
