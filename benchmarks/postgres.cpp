// SPDX-License-Identifier: MIT
// The PostgreSQL adapter beside a hand-written libpq program with the same statements on a table of the same form.
// castore_bench_postgres [CONNECTION]: without it, libpq's environment says which server (PGHOST, PGPORT ...).
#include "support/compare.hpp"
#include "support/workload.hpp"

#include <castore/adapters/postgres.hpp>
#include <castore/castore.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace benchmarks;
using Store = castore::EventStore<AccountEvents, Account, InPlaceReducer>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr char push_sql[] =
    "WITH pushed AS (INSERT INTO benchmark_by_hand (aggregate_name, aggregate_id, version, type, data, timestamp)"
    " SELECT 'ACCOUNTS', $1::text, $2::int8, $3::text, $4::jsonb, $5::timestamptz WHERE $2::int8 = 1 OR EXISTS"
    " (SELECT 1 FROM benchmark_by_hand WHERE aggregate_name = 'ACCOUNTS' AND aggregate_id = $1 AND version = $2 - 1)"
    " ON CONFLICT (aggregate_name, aggregate_id, version) DO NOTHING RETURNING 1)"
    " SELECT CASE WHEN EXISTS (SELECT 1 FROM pushed) THEN 0 WHEN $2 = 1 OR EXISTS"
    " (SELECT 1 FROM benchmark_by_hand WHERE aggregate_name = 'ACCOUNTS' AND aggregate_id = $1 AND version = $2 - 1)"
    " OR EXISTS"
    " (SELECT 1 FROM benchmark_by_hand WHERE aggregate_name = 'ACCOUNTS' AND aggregate_id = $1 AND version = $2)"
    " THEN 1 ELSE 2 END";
constexpr char push_in_group_sql[] =
    "INSERT INTO benchmark_by_hand (aggregate_name, aggregate_id, version, type, data, timestamp) SELECT 'ACCOUNTS',"
    " $1::text, CASE WHEN $2::int8 = 1 OR EXISTS"
    " (SELECT 1 FROM benchmark_by_hand WHERE aggregate_name = 'ACCOUNTS' AND aggregate_id = $1 AND version = $2 - 1)"
    " OR EXISTS"
    " (SELECT 1 FROM benchmark_by_hand WHERE aggregate_name = 'ACCOUNTS' AND aggregate_id = $1 AND version = $2)"
    " THEN $2 END, $3::text, $4::jsonb, $5::timestamptz";
constexpr char load_sql[] =
    "SELECT version, type, timestamp, data, metadata FROM benchmark_by_hand WHERE aggregate_name = 'ACCOUNTS' AND "
    "aggregate_id = $1::text"
    " ORDER BY version";
constexpr char page_sql[] =
    "SELECT aggregate_id, timestamp FROM benchmark_by_hand WHERE aggregate_name = 'ACCOUNTS' AND version = 1"
    " AND (timestamp, aggregate_id) > ($1::timestamptz, $2::text) ORDER BY timestamp, aggregate_id LIMIT 101";

class HandStore {
 public:
  explicit HandStore(const std::string& connection) : handle_{PQconnectdb(connection.c_str()), &PQfinish} {
    check(PQstatus(handle()) == CONNECTION_OK);
    run("SET client_min_messages = warning");
    run("SET timezone = 'UTC'");
    run("DROP TABLE IF EXISTS benchmark_by_hand");
    run("CREATE TABLE benchmark_by_hand (id BIGSERIAL PRIMARY KEY, aggregate_name TEXT COLLATE \"C\" NOT NULL,"
        " aggregate_id TEXT COLLATE \"C\" NOT NULL, version BIGINT NOT NULL, type TEXT COLLATE \"C\" NOT NULL,"
        " data JSONB, metadata JSONB, timestamp TIMESTAMPTZ NOT NULL DEFAULT (CURRENT_TIMESTAMP(3)),"
        " UNIQUE (aggregate_name, aggregate_id, version))");
    run("CREATE INDEX ON benchmark_by_hand (aggregate_name, timestamp, aggregate_id) WHERE version = 1");
    prepare("push", push_sql);
    prepare("push_in_group", push_in_group_sql);
    prepare("load", load_sql);
    prepare("page", page_sql);
  }
  HandStore(const HandStore&) = delete;
  HandStore& operator=(const HandStore&) = delete;
  ~HandStore() { PQclear(PQexec(handle(), "DROP TABLE benchmark_by_hand")); }

  template <class Payload>
  void push(const std::string& id, std::int64_t version, const Payload& payload) {
    const Row row{id, version, Payload::type, nlohmann::json(payload).dump()};
    const Result result = execute("push", row.values());
    check(PQresultStatus(result.get()) == PGRES_TUPLES_OK && PQgetvalue(result.get(), 0, 0)[0] == '0');
  }

  template <class Payload>
  void push_group(const std::string& id, std::int64_t first, std::size_t count, const Payload& payload) {
    check(PQenterPipelineMode(handle()) == 1);
    for (std::size_t index = 0; index < count; ++index) {
      const Row row{id, first + static_cast<std::int64_t>(index), Payload::type, nlohmann::json(payload).dump()};
      const auto values = row.values();
      check(PQsendQueryPrepared(handle(), "push_in_group", 5, values.data(), nullptr, nullptr, 0) == 1);
    }
    check(PQpipelineSync(handle()) == 1);
    for (std::size_t index = 0; index < count; ++index) {
      const Result result{PQgetResult(handle()), &PQclear};
      check(PQresultStatus(result.get()) == PGRES_COMMAND_OK);
      PQclear(PQgetResult(handle()));
    }
    const Result end{PQgetResult(handle()), &PQclear};
    check(PQresultStatus(end.get()) == PGRES_PIPELINE_SYNC && PQexitPipelineMode(handle()) == 1);
  }

  Account load(const std::string& id) {
    Account account;
    account.aggregate_id = id;
    const Result result = execute("load", std::array{id.c_str()});
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      const std::string_view type = PQgetvalue(result.get(), row, 1);
      const auto json = nlohmann::json::parse(PQgetvalue(result.get(), row, 3));
      if (type == AccountOpened::type) {
        InPlaceReducer{}(account, json.get<AccountOpened>());
      } else if (type == MoneyDeposited::type) {
        InPlaceReducer{}(account, json.get<MoneyDeposited>());
      }
      account.version = std::stoll(PQgetvalue(result.get(), row, 0));
    }
    return account;
  }

  /// Every id, page by page.
  std::size_t walk() {
    std::string last_time = "-infinity";
    std::string last_id;
    std::size_t ids = 0;
    while (true) {
      const Result result = execute("page", std::array{last_time.c_str(), last_id.c_str()});
      std::vector<castore::AggregateIdEntry> entries;
      const int rows = std::min(PQntuples(result.get()), 100);
      for (int row = 0; row < rows; ++row) {
        std::string time = PQgetvalue(result.get(), row, 1);  // 2024-01-01 00:00:00.123+00
        time[10] = 'T';
        time.resize(time.size() - 3);
        time += 'Z';
        entries.push_back({PQgetvalue(result.get(), row, 0), *castore::parse_timestamp(time)});
      }
      ids += entries.size();
      if (PQntuples(result.get()) <= 100) return ids;
      last_time = PQgetvalue(result.get(), 99, 1);
      last_id = entries.back().aggregate_id;
    }
  }

 private:
  struct Row {
    Row(const std::string& id_, std::int64_t version_, std::string_view type_, std::string payload_)
        : id{id_},
          version{std::to_string(version_)},
          type{type_},
          payload{std::move(payload_)},
          timestamp{castore::format_timestamp(castore::system_timestamp())} {}
    std::array<const char*, 5> values() const {
      return {id.c_str(), version.c_str(), type.c_str(), payload.c_str(), timestamp.c_str()};
    }

    std::string id, version, type, payload, timestamp;
  };

  PGconn* handle() const { return handle_.get(); }
  void check(bool is_done) const {
    if (!is_done) throw std::runtime_error{PQerrorMessage(handle())};
  }
  void run(const char* sql) {
    const Result result{PQexec(handle(), sql), &PQclear};
    check(PQresultStatus(result.get()) == PGRES_COMMAND_OK);
  }
  void prepare(const char* name, const char* sql) {
    const Result result{PQprepare(handle(), name, sql, 0, nullptr), &PQclear};
    check(PQresultStatus(result.get()) == PGRES_COMMAND_OK);
  }
  template <std::size_t count>
  Result execute(const char* name, const std::array<const char*, count>& values) {
    Result result{PQexecPrepared(handle(), name, count, values.data(), nullptr, nullptr, 0), &PQclear};
    check(PQresultStatus(result.get()) == PGRES_TUPLES_OK);
    return result;
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> handle_;
};

/// A server and a table on it, for one comparison.
struct Storage {
  explicit Storage(const std::string& connection) : adapter{connection, {.table_name = "benchmark_castore"}} {
    adapter.drop_event_table();
    adapter.create_event_table();
  }
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  ~Storage() { adapter.drop_event_table(); }

  castore::PostgresEventStorageAdapter adapter;
  Store store{"ACCOUNTS", adapter};
};

void compare_push(const std::string& connection) {
  Storage castore{connection};
  HandStore hand{connection};
  const std::vector<std::string> ids = make_ids(50);
  const auto push_all = [&](castore::Version& version, auto&& push) {
    return seconds([&] {
      for (int time = 0; time < 10; ++time) {
        ++version;
        for (const std::string& id : ids) push(id, version);
      }
    });
  };
  castore::Version version = 0;
  castore::Version hand_version = 0;
  compare(
      "push", ids.size() * 10, 15,
      [&] {
        return push_all(version, [&](const std::string& id, castore::Version next) {
          castore.store.push_event(id, next, deposited_60);
        });
      },
      [&] {
        return push_all(hand_version,
                        [&](const std::string& id, castore::Version next) { hand.push(id, next, deposited_60); });
      });
}

void compare_group(const std::string& connection, std::size_t size) {
  Storage castore{connection};
  HandStore hand{connection};
  const std::vector<std::variant<AccountOpened, MoneyDeposited, AccountClosed>> group(size, deposited_60);
  const std::vector<std::string> ids = make_ids(10);
  castore::Version last = 0;
  castore::Version hand_last = 0;
  compare(
      "group of " + std::to_string(size), ids.size(), 15,
      [&] {
        return seconds([&] {
          for (const std::string& id : ids) castore.store.push_events(id, last, group);
          last += static_cast<castore::Version>(size);
        });
      },
      [&] {
        return seconds([&] {
          for (const std::string& id : ids) hand.push_group(id, hand_last + 1, size, deposited_60);
          hand_last += static_cast<castore::Version>(size);
        });
      });
}

void compare_load(const std::string& connection, std::size_t events) {
  Storage castore{connection};
  HandStore hand{connection};
  const std::vector<std::variant<AccountOpened, MoneyDeposited, AccountClosed>> group(events, deposited_60);
  const std::vector<std::string> ids = make_ids(20);
  for (const std::string& id : ids) {
    castore.store.push_events(id, 0, group);
    hand.push_group(id, 1, events, deposited_60);
  }
  const auto load_all = [&](auto&& load) {
    return seconds([&] {
      for (int time = 0; time < 10; ++time) {
        for (const std::string& id : ids) keep(load(id).cents);
      }
    });
  };
  compare(
      "load " + std::to_string(events) + " events", ids.size() * 10, 15,
      [&] { return load_all([&](const std::string& id) { return castore.store.get_existing_aggregate(id); }); },
      [&] { return load_all([&](const std::string& id) { return hand.load(id); }); });
}

void compare_page(const std::string& connection) {
  constexpr std::size_t aggregates = 10'000;
  Storage castore{connection};
  HandStore hand{connection};
  for (const std::string& id : make_ids(aggregates)) {
    castore.store.push_event(id, 1, opened);
    hand.push(id, 1, opened);
  }
  compare(
      "page of 100", aggregates / 100, 15,
      [&] {
        return seconds([&] {
          std::size_t ids = 0;
          castore::ListAggregateIdsOptions options{.limit = 100};
          do {
            const auto page = castore.store.list_aggregate_ids(options);
            ids += page.aggregate_ids.size();
            options.page_token = page.next_page_token;
          } while (options.page_token);
          if (ids != aggregates) throw std::runtime_error{"castore lost aggregates"};
        });
      },
      [&] {
        return seconds([&] {
          if (hand.walk() != aggregates) throw std::runtime_error{"the hand-written program lost aggregates"};
        });
      });
}

}  // namespace

int main(int count, char** arguments) {
  const std::string connection = count > 1 ? arguments[1] : "";
  print_header();
  compare_push(connection);
  for (const std::size_t size : {2U, 100U}) compare_group(connection, size);
  for (const std::size_t events : {10U, 100U, 1000U}) compare_load(connection, events);
  compare_page(connection);
  return 0;
}
