// SPDX-License-Identifier: MIT
// What follows the one order of events, beside hand-written loops on the same tables.
// castore_bench_log [CONNECTION]: without it, libpq's environment says which server (PGHOST, PGPORT ...).
#include "support/compare.hpp"
#include "support/workload.hpp"

#include <castore/adapters/postgres.hpp>
#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>

#include <libpq-fe.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace benchmarks;
using Store = castore::EventStore<AccountEvents, Account, InPlaceReducer>;
using Clock = std::chrono::steady_clock;

constexpr std::size_t batch = 1000;
constexpr char page_values[] = "'{\"cents\":4200,\"reference\":\"invoice 2024-0117, second part\"}'";

/// A file that ends with the benchmark.
class TemporaryFile {
 public:
  TemporaryFile() {
    std::string path = std::filesystem::temp_directory_path() / "castore-benchmark-XXXXXX";
    if (!mkdtemp(path.data())) throw std::runtime_error{"no temporary folder"};
    path_ = path;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove_all(path_); }

  std::string path() const { return path_ / "events.db"; }

 private:
  std::filesystem::path path_;
};

/// The sum of each account, in a table.
template <class Transaction>
struct Totals {
  static constexpr std::string_view name = "totals";
  static constexpr int version = 1;
  static constexpr bool is_sqlite = std::same_as<Transaction, castore::SqliteTransaction>;

  void create(Transaction& tx) const {
    tx.execute("CREATE TABLE IF NOT EXISTS totals (id TEXT PRIMARY KEY, cents BIGINT NOT NULL)");
  }
  void operator()(Transaction& tx, const MoneyDeposited& event, const castore::EventInfo<MoneyDeposited>& info) const {
    tx.execute(is_sqlite
                   ? "INSERT INTO totals VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET cents = cents + excluded.cents"
                   : "INSERT INTO totals VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET cents = totals.cents + "
                     "excluded.cents",
               info.aggregate_id, event.cents);
  }
};

/// So that it is caught up from the beginning again.
void set_back(auto& tx) {
  const castore::Position position = tx.checkpoint("totals", 1);
  if (position > 0 && !tx.move_checkpoint("totals", 1, position, 0)) throw std::runtime_error{"it runs elsewhere"};
}

std::string sums_of(const std::unordered_map<std::string, std::int64_t>& sums) {
  std::string json{"{"};
  for (const auto& [id, cents] : sums) {
    json += (json.size() > 1 ? ",\"" : "\"") + id + "\":" + std::to_string(cents);
  }
  return json + '}';
}
constexpr char add_sums[] =
    "INSERT INTO totals SELECT key, value::bigint FROM jsonb_each_text($1::jsonb)"
    " ON CONFLICT (id) DO UPDATE SET cents = totals.cents + excluded.cents";

/// The same by one statement for each batch.
struct TotalsByBatch {
  static constexpr std::string_view name = "totals";
  static constexpr int version = 1;
  void create(castore::PostgresTransaction& tx) const { Totals<castore::PostgresTransaction>{}.create(tx); }
  void apply(castore::PostgresTransaction& tx, std::span<const Store::Event> events) const {
    std::unordered_map<std::string, std::int64_t> sums;
    for (const Store::Event& event : events) {
      if (const auto* deposit = event.get_if<MoneyDeposited>())
        sums[std::string{event.aggregate_id()}] += deposit->payload.cents;
    }
    tx.execute(add_sums, sums_of(sums));
  }
};

// --- in memory ---

/// The sum of each account, in a map: it looks at the events where they are kept.
struct TotalsInMap {
  static constexpr std::string_view name = "totals";
  static constexpr int version = 1;
  void operator()(const MoneyDeposited& event, const castore::EventInfo<MoneyDeposited>& info) const {
    auto sum = sums->find(info.aggregate_id);
    if (sum == sums->end()) sum = sums->emplace(std::string{info.aggregate_id}, 0).first;
    sum->second += event.cents;
  }
  /// Finds ids without making strings of them.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  using Sums = std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>>;
  Sums* sums;
};

void compare_memory() {
  constexpr std::size_t events = 500'000;
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<AccountEvents, Account, InPlaceReducer, castore::InMemoryEventStorageAdapter> store{"ACCOUNTS",
                                                                                                          storage};
  struct Logged {
    std::int64_t position;
    std::string id;
    castore::Version version;
    std::variant<AccountOpened, MoneyDeposited, AccountClosed> payload;
  };
  std::vector<Logged> log;
  const std::vector<std::string> ids = make_ids(1000);
  for (std::size_t number = 0; number < events; ++number) {
    const std::string& id = ids[number % ids.size()];
    const auto version = static_cast<castore::Version>(number / ids.size() + 1);
    store.push_event(id, version, deposited);
    log.push_back({static_cast<std::int64_t>(number + 1), id, version, deposited});
  }
  const auto by_hand = [&]<class Sums>(Sums sums) {
    return cpu_seconds([&] {
      for (const Logged& one : log) {
        if (const auto* deposit = std::get_if<MoneyDeposited>(&one.payload)) sums[one.id] += deposit->cents;
      }
      keep(sums.size());
    });
  };
  compare(
      "catch-up, in memory, projection, into a map", events, 9,
      [&] {
        TotalsInMap::Sums sums;
        castore::AsyncProjection totals{
            storage,
            std::tie(store),
            TotalsInMap{&sums},
            {.batch_size = batch, .checkpoints = std::make_shared<castore::InMemoryCheckpointStore>()}};
        return cpu_seconds([&] {
          totals.catch_up();
          keep(sums.size());
        });
      },
      [&] { return by_hand(TotalsInMap::Sums{}); });
  compare(
      "catch-up, in memory, typed, into a map", events, 9,
      [&] {
        castore::Subscription totals{
            "totals",
            storage,
            std::tie(store),
            {.batch_size = batch, .checkpoints = std::make_shared<castore::InMemoryCheckpointStore>()}};
        std::unordered_map<std::string, std::int64_t> sums;
        return cpu_seconds([&] {
          totals.catch_up([&](const castore::EventDetail<MoneyDeposited>& event) {
            sums[event.aggregate_id] += event.payload.cents;
          });
          keep(sums.size());
        });
      },
      [&] { return by_hand(std::unordered_map<std::string, std::int64_t>{}); });
}

// --- SQLite ---

class HandSqlite {
 public:
  explicit HandSqlite(const std::string& file) {
    check(sqlite3_open(file.c_str(), &database_) == SQLITE_OK);
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    run("CREATE TABLE IF NOT EXISTS hand_totals (id TEXT PRIMARY KEY, cents BIGINT NOT NULL);"
        "CREATE TABLE IF NOT EXISTS hand_checkpoint (position INTEGER NOT NULL)");
  }
  HandSqlite(const HandSqlite&) = delete;
  HandSqlite& operator=(const HandSqlite&) = delete;
  ~HandSqlite() {
    for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }

  void run(const std::string& sql) {
    check(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  void begin_again() {
    run("DELETE FROM hand_totals; DELETE FROM hand_checkpoint; INSERT INTO hand_checkpoint VALUES (0)");
  }

  std::size_t read_all() {
    sqlite3_stmt* all = statement(
        "SELECT position, event_store_id, aggregate_id, version, type, timestamp, payload,"
        " metadata FROM event WHERE position > 0 ORDER BY position");
    std::size_t bytes = 0;
    while (sqlite3_step(all) == SQLITE_ROW) {
      castore::SequencedEventView event{sqlite3_column_int64(all, 0), text(all, 1), {}};
      event.event = {text(all, 2), sqlite3_column_int64(all, 3),
                     text(all, 4), castore::parse_timestamp(text(all, 5)).value(),
                     text(all, 6), text(all, 7)};
      bytes += event.event.payload.size();
    }
    sqlite3_reset(all);
    return bytes;
  }

  std::size_t catch_up() {
    sqlite3_stmt* page = statement(
        "SELECT position, aggregate_id, type, payload FROM event WHERE position > ?1 AND"
        " +event_store_id = 'ACCOUNTS' ORDER BY position LIMIT 1000");
    sqlite3_stmt* add = upsert();
    sqlite3_stmt* move = statement("UPDATE hand_checkpoint SET position = ?1");
    std::int64_t position = 0;
    for (std::size_t events = 0;;) {
      std::size_t rows = 0;
      run("BEGIN IMMEDIATE");
      sqlite3_bind_int64(page, 1, position);
      for (; sqlite3_step(page) == SQLITE_ROW; ++rows) {
        position = sqlite3_column_int64(page, 0);
        if (text(page, 2) != MoneyDeposited::type) continue;
        const auto event = nlohmann::json::parse(text(page, 3)).get<MoneyDeposited>();
        bind(add, 1, text(page, 1));
        sqlite3_bind_int64(add, 2, event.cents);
        check(sqlite3_step(add) == SQLITE_DONE);
        sqlite3_reset(add);
      }
      sqlite3_reset(page);
      sqlite3_bind_int64(move, 1, position);
      check(sqlite3_step(move) == SQLITE_DONE);
      sqlite3_reset(move);
      run("COMMIT");
      events += rows;
      if (rows < batch) return events;
    }
  }

  /// An event and its row, or neither.
  void push(const std::string& id, castore::Version version, const MoneyDeposited& payload) {
    sqlite3_stmt* insert = statement(
        "INSERT INTO event (event_store_id, aggregate_id, version, type, timestamp, payload)"
        " VALUES ('ACCOUNTS', ?1, ?2, ?3, ?4, ?5)");
    const std::string json = nlohmann::json(payload).dump();
    const std::string timestamp = castore::format_timestamp(castore::system_timestamp());
    sqlite3_stmt* begin = statement("BEGIN IMMEDIATE");
    sqlite3_stmt* commit = statement("COMMIT");
    sqlite3_step(begin);
    sqlite3_reset(begin);
    bind(insert, 1, id);
    sqlite3_bind_int64(insert, 2, version);
    bind(insert, 3, MoneyDeposited::type);
    bind(insert, 4, timestamp);
    bind(insert, 5, json);
    check(sqlite3_step(insert) == SQLITE_DONE);
    sqlite3_reset(insert);
    sqlite3_stmt* add = upsert();
    bind(add, 1, id);
    sqlite3_bind_int64(add, 2, payload.cents);
    check(sqlite3_step(add) == SQLITE_DONE);
    sqlite3_reset(add);
    check(sqlite3_step(commit) == SQLITE_DONE);
    sqlite3_reset(commit);
  }

 private:
  sqlite3_stmt* upsert() {
    return statement(
        "INSERT INTO hand_totals VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET cents = cents + excluded.cents");
  }
  /// Prepared once for each literal.
  sqlite3_stmt* statement(const char* sql) {
    for (std::size_t index = 0; index < texts_.size(); ++index) {
      if (texts_[index] == sql) return statements_[index];
    }
    sqlite3_stmt* prepared = nullptr;
    check(sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr) == SQLITE_OK);
    texts_.push_back(sql);
    statements_.push_back(prepared);
    return prepared;
  }
  static void bind(sqlite3_stmt* statement, int index, std::string_view value) {
    sqlite3_bind_text(statement, index, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  }
  static std::string_view text(sqlite3_stmt* statement, int column) {
    const auto* begin = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    return {begin == nullptr ? "" : begin, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
  }
  void check(bool is_done) const {
    if (!is_done) throw std::runtime_error{sqlite3_errmsg(database_)};
  }

  sqlite3* database_ = nullptr;
  std::vector<const char*> texts_{};
  std::vector<sqlite3_stmt*> statements_{};
};

void compare_sqlite() {
  constexpr std::size_t events = 100'000;
  const TemporaryFile file;
  castore::SqliteEventStorageAdapter storage{file.path(), {.synchronous = castore::SqliteSynchronous::normal}};
  Store store{"ACCOUNTS", storage};
  HandSqlite hand{file.path()};
  hand.run(
      "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999) INSERT INTO event"
      " (event_store_id, aggregate_id, version, type, timestamp, payload) SELECT 'ACCOUNTS', 'account-' || (i % 1000),"
      " i / 1000 + 1, 'MONEY_DEPOSITED', '2024-01-01T00:00:00.000Z', " +
      std::string{page_values} + " FROM n");
  compare(
      "read all, SQLite", events, 9,
      [&] {
        return cpu_seconds([&] {
          std::size_t bytes = 0;
          keep(storage.read_all_events(0, {.limit = events}, [&](const castore::SequencedEventView& event) {
            bytes += event.event.payload.size();
          }));
          keep(bytes);
        });
      },
      [&] { return cpu_seconds([&] { keep(hand.read_all()); }); });
  using Projection = Totals<castore::SqliteTransaction>;
  compare(
      "catch-up, SQLite, 1,000 a batch", events, 9,
      [&] {
        storage.transact([](castore::SqliteTransaction& tx) {
          Projection{}.create(tx);
          tx.execute("DELETE FROM totals");
          set_back(tx);
        });
        castore::AsyncProjection totals{storage, std::tie(store), Projection{}, {.batch_size = batch}};
        return seconds([&] {
          if (totals.catch_up().events != events) throw std::runtime_error{"castore lost events"};
        });
      },
      [&] {
        hand.begin_again();
        return seconds([&] {
          if (hand.catch_up() != events) throw std::runtime_error{"the hand-written program lost events"};
        });
      });

  const std::vector<std::string> ids = make_ids(2000);
  const TemporaryFile inline_file;
  castore::SqliteEventStorageAdapter inline_storage{inline_file.path(),
                                                    {.synchronous = castore::SqliteSynchronous::normal}};
  Store inline_store{"ACCOUNTS", inline_storage};
  castore::InlineProjections accounts{inline_store, inline_storage, Projection{}};
  accounts.hand_over();
  const TemporaryFile hand_file;
  { const castore::SqliteEventStorageAdapter makes_the_table{hand_file.path()}; }
  HandSqlite hand_inline{hand_file.path()};
  castore::Version version = 0;
  castore::Version hand_version = 0;
  compare(
      "push + inline upsert, SQLite, NORMAL", ids.size(), 9,
      [&] {
        ++version;
        return seconds([&] {
          for (const std::string& id : ids) accounts.push_event(id, version, deposited_60);
        });
      },
      [&] {
        ++hand_version;
        return seconds([&] {
          for (const std::string& id : ids) hand_inline.push(id, hand_version, deposited_60);
        });
      });
}

// --- PostgreSQL ---

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;
constexpr char upsert_total[] =
    "INSERT INTO hand_totals VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET cents = hand_totals.cents + excluded.cents";

class HandPostgres {
 public:
  explicit HandPostgres(const std::string& connection) : handle_{PQconnectdb(connection.c_str()), &PQfinish} {
    check(PQstatus(handle()) == CONNECTION_OK);
    run("SET client_min_messages = warning");
    run("DROP TABLE IF EXISTS totals, hand_totals, hand_checkpoint;"
        "CREATE TABLE totals (id TEXT PRIMARY KEY, cents BIGINT NOT NULL);"
        "CREATE TABLE hand_totals (id TEXT PRIMARY KEY, cents BIGINT NOT NULL);"
        "CREATE TABLE hand_checkpoint (position BIGINT NOT NULL)");
  }
  HandPostgres(const HandPostgres&) = delete;
  HandPostgres& operator=(const HandPostgres&) = delete;
  ~HandPostgres() { PQclear(PQexec(handle(), "DROP TABLE totals, hand_totals, hand_checkpoint")); }

  void run(const std::string& sql) {
    const Result result{PQexec(handle(), sql.c_str()), &PQclear};
    check(PQresultStatus(result.get()) == PGRES_COMMAND_OK);
  }
  /// To be called when there is a table of events.
  void prepare() {
    for (const auto& [name, sql] :
         {std::pair{"page",
                    "SELECT id, aggregate_name, aggregate_id, version, type, data, metadata,"
                    " timestamp FROM benchmark_castore WHERE id > $1::int8 ORDER BY id LIMIT 1000"},
          {"upsert", upsert_total},
          {"sums", add_sums}}) {
      const Result result{PQprepare(handle(), name, sql, 0, nullptr), &PQclear};
      check(PQresultStatus(result.get()) == PGRES_COMMAND_OK);
    }
  }
  void begin_again() {
    run("TRUNCATE totals; TRUNCATE hand_totals; TRUNCATE hand_checkpoint; INSERT INTO hand_checkpoint VALUES (0)");
  }

  /// All columns of each event, numbers and timestamps as such: in binary format, where they need no parsing.
  std::size_t read_all() {
    std::string after = "0";
    for (std::size_t events = 0;;) {
      constexpr int binary = 1;
      const Result page = execute("page", std::array{after.c_str()}, binary);
      const int rows = PQntuples(page.get());
      const auto text = [&](int row, int column) {
        return std::string_view{PQgetvalue(page.get(), row, column),
                                static_cast<std::size_t>(PQgetlength(page.get(), row, column))};
      };
      const auto number = [&](int row, int column) {
        std::uint64_t bits = 0;
        for (const char byte : text(row, column)) bits = bits << 8U | static_cast<unsigned char>(byte);
        return static_cast<std::int64_t>(bits);
      };
      constexpr castore::Timestamp epoch = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};
      for (int row = 0; row < rows; ++row) {
        const std::chrono::microseconds since_epoch{number(row, 7)};
        keep(castore::SequencedEventView{
            number(row, 0),
            text(row, 1),
            {text(row, 2), number(row, 3), text(row, 4),
             epoch + std::chrono::floor<std::chrono::milliseconds>(since_epoch), text(row, 5), text(row, 6)}});
      }
      events += static_cast<std::size_t>(rows);
      if (rows < static_cast<int>(batch)) return events;
      after = std::to_string(number(rows - 1, 0));
    }
  }

  /// Into a map, with a checkpoint after each page.
  std::size_t catch_up_into(std::unordered_map<std::string, std::int64_t>& sums) {
    std::string after = "0";
    for (std::size_t events = 0;;) {
      const Result page = execute("page", std::array{after.c_str()});
      const int rows = PQntuples(page.get());
      for (int row = 0; row < rows; ++row) {
        if (PQgetvalue(page.get(), row, 4) != MoneyDeposited::type) continue;
        const auto event = nlohmann::json::parse(PQgetvalue(page.get(), row, 5)).get<MoneyDeposited>();
        sums[PQgetvalue(page.get(), row, 2)] += event.cents;
      }
      if (rows > 0) after = PQgetvalue(page.get(), rows - 1, 0);
      run("UPDATE hand_checkpoint SET position = " + after);
      events += static_cast<std::size_t>(rows);
      if (rows < static_cast<int>(batch)) return events;
    }
  }

  std::size_t catch_up(bool by_batch) {
    std::string after = "0";
    for (std::size_t events = 0;;) {
      run("BEGIN");
      const Result page = execute("page", std::array{after.c_str()});
      const int rows = PQntuples(page.get());
      std::unordered_map<std::string, std::int64_t> sums;
      if (!by_batch) check(PQenterPipelineMode(handle()) == 1);
      int sent = 0;
      for (int row = 0; row < rows; ++row) {
        if (PQgetvalue(page.get(), row, 4) != MoneyDeposited::type) continue;
        const auto event = nlohmann::json::parse(PQgetvalue(page.get(), row, 5)).get<MoneyDeposited>();
        if (by_batch) {
          sums[PQgetvalue(page.get(), row, 2)] += event.cents;
          continue;
        }
        const std::string cents = std::to_string(event.cents);
        const std::array<const char*, 2> values{PQgetvalue(page.get(), row, 2), cents.c_str()};
        check(PQsendQueryPrepared(handle(), "upsert", 2, values.data(), nullptr, nullptr, 0) == 1);
        if (++sent == 500) receive(std::exchange(sent, 0));
      }
      if (by_batch) {
        const std::string json = sums_of(sums);
        const std::array<const char*, 1> values{json.c_str()};
        const Result done{PQexecPrepared(handle(), "sums", 1, values.data(), nullptr, nullptr, 0), &PQclear};
        check(PQresultStatus(done.get()) == PGRES_COMMAND_OK);
      } else {
        receive(sent);
        check(PQexitPipelineMode(handle()) == 1);
      }
      if (rows > 0) after = PQgetvalue(page.get(), rows - 1, 0);
      run("UPDATE hand_checkpoint SET position = " + after);
      run("COMMIT");
      events += static_cast<std::size_t>(rows);
      if (rows < static_cast<int>(batch)) return events;
    }
  }

 private:
  void receive(int sent) {
    check(PQpipelineSync(handle()) == 1);
    for (; sent > 0; --sent) {
      const Result result{PQgetResult(handle()), &PQclear};
      check(PQresultStatus(result.get()) == PGRES_COMMAND_OK);
      PQclear(PQgetResult(handle()));
    }
    const Result end{PQgetResult(handle()), &PQclear};
    check(PQresultStatus(end.get()) == PGRES_PIPELINE_SYNC);
  }
  template <std::size_t count>
  Result execute(const char* name, const std::array<const char*, count>& values, int format = 0) {
    Result result{PQexecPrepared(handle(), name, count, values.data(), nullptr, nullptr, format), &PQclear};
    check(PQresultStatus(result.get()) == PGRES_TUPLES_OK);
    return result;
  }
  PGconn* handle() const { return handle_.get(); }
  void check(bool is_done) const {
    if (!is_done) throw std::runtime_error{PQerrorMessage(handle())};
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> handle_;
};

void compare_postgres(const std::string& connection) {
  constexpr std::size_t events = 20'000;
  castore::PostgresEventStorageAdapter storage{connection, {.table_name = "benchmark_castore"}};
  storage.drop_event_table();
  storage.create_event_table();
  Store store{"ACCOUNTS", storage};
  HandPostgres hand{connection};
  hand.prepare();
  hand.run(
      "INSERT INTO benchmark_castore (aggregate_name, aggregate_id, version, type, data, timestamp) SELECT 'ACCOUNTS',"
      " 'account-' || (i % 100), i / 100 + 1, 'MONEY_DEPOSITED', " +
      std::string{page_values} + "::jsonb, now() FROM generate_series(0, 19999) AS i");
  compare(
      "read all, PostgreSQL", events, 9,
      [&] {
        return seconds([&] {
          castore::Position after = 0;
          std::size_t read = 0;
          while (read < events) {
            after = storage
                        .read_all_events(after, {.limit = batch},
                                         [&](const castore::SequencedEventView& event) {
                                           keep(event.event.payload.data());
                                           ++read;
                                         })
                        .next;
          }
        });
      },
      [&] { return seconds([&] { keep(hand.read_all()); }); });
  compare(
      "catch-up, PostgreSQL, into a map", events, 5,
      [&] {
        storage.transact([](castore::PostgresTransaction& tx) { set_back(tx); });
        castore::Subscription totals{"totals", storage, std::tie(store), {.batch_size = batch}};
        std::unordered_map<std::string, std::int64_t> sums;
        return seconds([&] {
          totals.catch_up([&](const castore::EventDetail<MoneyDeposited>& event) {
            sums[event.aggregate_id] += event.payload.cents;
          });
          keep(sums.size());
        });
      },
      [&] {
        hand.begin_again();
        std::unordered_map<std::string, std::int64_t> sums;
        return seconds([&] {
          if (hand.catch_up_into(sums) != events) throw std::runtime_error{"the hand-written program lost events"};
        });
      });
  const auto compare_catch_up = [&](const std::string& name, const auto& projection, bool by_batch) {
    compare(
        name, events, 5,
        [&] {
          hand.begin_again();
          storage.transact([](castore::PostgresTransaction& tx) { set_back(tx); });
          castore::AsyncProjection totals{storage, std::tie(store), projection, {.batch_size = batch}};
          return seconds([&] {
            if (totals.catch_up().events != events) throw std::runtime_error{"castore lost events"};
          });
        },
        [&] {
          hand.begin_again();
          return seconds([&] {
            if (hand.catch_up(by_batch) != events) throw std::runtime_error{"the hand-written program lost events"};
          });
        });
  };
  compare_catch_up("catch-up, PostgreSQL, pipelined", Totals<castore::PostgresTransaction>{}, false);
  compare_catch_up("catch-up, PostgreSQL, by whole batches", TotalsByBatch{}, true);

  const std::vector<std::string> ids = make_ids(200);
  castore::Version version = 0;
  const auto push_all = [&] {
    ++version;
    return seconds([&] {
      for (const std::string& id : ids) store.push_event(id, version, deposited_60);
    });
  };
  compare(
      "push, PostgreSQL, feed running / no feed", ids.size(), 15,
      [&] {
        castore::Subscription feed{"feed",
                                   storage,
                                   std::tie(store),
                                   {.start = castore::SubscriptionStart::end(),
                                    .checkpoints = std::make_shared<castore::InMemoryCheckpointStore>()}};
        feed.catch_up([](const auto&) {});
        const std::jthread thread{[&](const std::stop_token& stop) { feed.run([](const auto&) {}, stop); }};
        return push_all();
      },
      push_all);
  hand.run("DROP TABLE IF EXISTS benchmark_castore_projection");
  storage.drop_event_table();
}

// --- from a push to its handler ---

template <class Storage>
void measure_lag(const char* name, Storage& storage, std::chrono::milliseconds each = std::chrono::milliseconds{1}) {
  constexpr std::size_t pushes = 2000;
  castore::EventStore<AccountEvents, Account, InPlaceReducer> store{"ACCOUNTS", storage};
  castore::Subscription subscription{
      "lag", storage, std::tie(store), {.checkpoints = std::make_shared<castore::InMemoryCheckpointStore>()}};
  std::vector<Clock::time_point> pushed(pushes);
  std::vector<double> lags;
  {
    const std::jthread thread{[&](const std::stop_token& stop) {
      subscription.run(
          [&](const castore::EventDetail<MoneyDeposited>& event) {
            const auto index = static_cast<std::size_t>(event.payload.cents);
            lags.push_back(std::chrono::duration<double, std::milli>(Clock::now() - pushed[index]).count());
          },
          stop);
    }};
    auto next = Clock::now();
    castore::PushEventResult<MoneyDeposited, Account> last;
    for (std::size_t number = 0; number < pushes; ++number) {
      std::this_thread::sleep_until(next += each);
      pushed[number] = Clock::now();
      last = store.push_event("account-" + std::to_string(number), 1,
                              MoneyDeposited{static_cast<std::int64_t>(number), "x"});
    }
    if (!subscription.wait_until(*last.position, std::chrono::seconds{10}))
      throw std::runtime_error{"an event was lost"};
  }
  std::sort(lags.begin(), lags.end());
  std::printf("%-44s %11.3f ms %11.3f ms\n", name, lags[lags.size() / 2], lags[lags.size() * 99 / 100]);
  std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string connection = count > 1 ? arguments[1] : "";
  print_header();
  compare_memory();
  compare_sqlite();
  compare_postgres(connection);

  std::printf("\n%-44s %14s %14s\n", "from a push to its handler, 1,000 a second", "p50", "p99");
  castore::InMemoryEventStorageAdapter memory;
  measure_lag("in memory", memory);
  const TemporaryFile file;
  castore::SqliteEventStorageAdapter sqlite{file.path(), {.synchronous = castore::SqliteSynchronous::normal}};
  measure_lag("SQLite", sqlite);
  castore::PostgresEventStorageAdapter postgres{connection, {.table_name = "benchmark_castore"}};
  postgres.drop_event_table();
  postgres.create_event_table();
  measure_lag("PostgreSQL", postgres);
  postgres.drop_event_table();
  return 0;
}
