// SPDX-License-Identifier: MIT
// Loads of long streams from snapshots and caches beside the same by hand: over the same adapter, and with prepared
// statements on the same SQLite file, which looks neither for snapshots that are wrong nor for a file that was moved;
// and beside loads of all events.
#include "support/compare.hpp"
#include "support/workload.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/snapshots.hpp>

#include <sqlite3.h>

#include <unistd.h>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace {

using namespace benchmarks;

struct Balance {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string owner;
  std::int64_t cents = 0;
  bool is_open = false;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Balance, aggregate_id, version, owner, cents, is_open)
};
struct BalanceReducer {
  void operator()(Balance& balance, const AccountOpened& event) const {
    balance.owner = event.owner;
    balance.is_open = true;
  }
  void operator()(Balance& balance, const MoneyDeposited& event) const { balance.cents += event.cents; }
  void operator()(Balance& balance, const AccountClosed&) const { balance.is_open = false; }
};
using Store = castore::EventStore<AccountEvents, Balance, BalanceReducer>;

const std::string id = "account-1";

class TemporaryFile {
 public:
  TemporaryFile() {
    std::string path = std::filesystem::temp_directory_path() / "castore-benchmark-XXXXXX";
    if (!mkdtemp(path.data())) throw std::runtime_error{"no temporary folder"};
    folder_ = path;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ / "events.db"; }

 private:
  std::filesystem::path folder_;
};

/// Reads the file that the adapter has written.
class ByHand {
 public:
  explicit ByHand(const std::string& file) {
    check(sqlite3_open(file.c_str(), &database_) == SQLITE_OK);
    snapshot_ = prepare(
        "SELECT version, state FROM castore_snapshot WHERE event_store_id = 'ACCOUNTS' AND aggregate_id = ?1"
        " AND reducer_version = 1 AND version >= 1 ORDER BY version DESC LIMIT 1");
    newer_ = prepare(
        "SELECT version, type, payload FROM event WHERE event_store_id = 'ACCOUNTS' AND aggregate_id = ?1"
        " AND version > ?2 ORDER BY version");
  }
  ByHand(const ByHand&) = delete;
  ByHand& operator=(const ByHand&) = delete;
  ~ByHand() {
    sqlite3_finalize(snapshot_);
    sqlite3_finalize(newer_);
    sqlite3_close(database_);
  }

  Balance load() {
    Balance balance;
    bind(snapshot_);
    if (sqlite3_step(snapshot_) == SQLITE_ROW) {
      balance = nlohmann::json::parse(text(snapshot_, 1)).get<Balance>();
      balance.version = sqlite3_column_int64(snapshot_, 0);
    }
    sqlite3_reset(snapshot_);
    read_newer(balance);
    return balance;
  }
  Balance load_cached() {
    Balance& kept = cache_[id];
    read_newer(kept);
    return kept;
  }

 private:
  void read_newer(Balance& balance) {
    bind(newer_);
    sqlite3_bind_int64(newer_, 2, balance.version);
    while (sqlite3_step(newer_) == SQLITE_ROW) {
      const std::string_view type = text(newer_, 1);
      const auto json = nlohmann::json::parse(text(newer_, 2));
      if (type == AccountOpened::type) {
        BalanceReducer{}(balance, json.get<AccountOpened>());
      } else if (type == MoneyDeposited::type) {
        BalanceReducer{}(balance, json.get<MoneyDeposited>());
      }
      balance.version = sqlite3_column_int64(newer_, 0);
    }
    sqlite3_reset(newer_);
  }
  void check(bool is_done) const {
    if (!is_done) throw std::runtime_error{sqlite3_errmsg(database_)};
  }
  sqlite3_stmt* prepare(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) == SQLITE_OK);
    return statement;
  }
  static void bind(sqlite3_stmt* statement) {
    sqlite3_bind_text(statement, 1, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
  }
  static std::string_view text(sqlite3_stmt* statement, int column) {
    const auto* begin = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return {begin, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* snapshot_ = nullptr;
  sqlite3_stmt* newer_ = nullptr;
  std::unordered_map<std::string, Balance> cache_;
};

constexpr int rounds = 11;

/// @param tail Events after the snapshot.
void compare_loads(castore::Version events, castore::Version tail) {
  const TemporaryFile file;
  castore::SqliteEventStorageAdapter storage{file.path(), {.synchronous = castore::SqliteSynchronous::normal}};
  Store store{"ACCOUNTS", storage};
  castore::SnapshotEventStore fast{store, storage, {.policy = castore::every(100)}};
  castore::SnapshotEventStore saving{store, storage, {.policy = castore::every(1)}};
  castore::CachedEventStore cached{store};
  for (castore::Version version = 1; version <= events; ++version) {
    store.push_event(id, version, deposited_60);
    if (version == events - tail) keep(saving.get_aggregate(id)->cents);
  }
  ByHand hand{file.path()};
  if (hand.load().cents != fast.get_existing_aggregate(id).cents) throw std::runtime_error{"they differ"};

  std::unordered_map<std::string, Balance> kept_by_hand;
  const auto load_by_adapter = [&] {
    Balance balance;
    (void)storage.load_snapshot({"ACCOUNTS", id, 1}, events, [&](const castore::SnapshotView& snapshot) {
      balance = castore::codec<Balance>::decode(snapshot.state);
    });
    return store.extend_aggregate(std::move(balance));
  };
  const auto load_cached_by_adapter = [&] {
    Balance& kept = kept_by_hand[id];
    const auto newer = store.get_events(id, {.min_version = kept.version + 1});
    if (!newer.empty()) kept = *store.build_aggregate(newer, std::move(kept));
    return kept;
  };
  const auto load_all = [](std::size_t times, auto&& load) {
    return cpu_seconds([&] {
      for (std::size_t time = 0; time < times; ++time) keep(load().cents);
    });
  };
  const std::string name = std::to_string(events) + " events";
  const std::string after = ", " + std::to_string(tail) + " after a snapshot";
  compare(
      name + after + ", by adapter", 500, rounds,
      [&] { return load_all(500, [&] { return fast.get_existing_aggregate(id); }); },
      [&] { return load_all(500, load_by_adapter); });
  compare(
      name + after, 500, rounds, [&] { return load_all(500, [&] { return fast.get_existing_aggregate(id); }); },
      [&] { return load_all(500, [&] { return hand.load(); }); });
  compare(
      name + ", warm cache, by adapter", 5000, rounds,
      [&] { return load_all(5000, [&] { return cached.get_existing_aggregate(id); }); },
      [&] { return load_all(5000, load_cached_by_adapter); });
  compare(
      name + ", warm cache", 5000, rounds,
      [&] { return load_all(5000, [&] { return cached.get_existing_aggregate(id); }); },
      [&] { return load_all(5000, [&] { return hand.load_cached(); }); });
  const std::size_t times = static_cast<std::size_t>(20'000 / events) + 1;
  compare(
      name + after + " / all events", times, rounds,
      [&] { return load_all(times, [&] { return fast.get_existing_aggregate(id); }); },
      [&] { return load_all(times, [&] { return store.get_existing_aggregate(id); }); });
}

}  // namespace

int main() {
  print_header();
  compare_loads(10, 5);
  compare_loads(100, 50);
  compare_loads(1000, 50);
  compare_loads(10'000, 50);
}
