// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_POSTGRES_SUPPORT_POSTGRES_HPP
#define CASTORE_TESTS_POSTGRES_SUPPORT_POSTGRES_HPP

/// @file
/// What the tests of the PostgreSQL adapter share: a table that ends with the test, PostgreSQL without the adapter, and
/// short spellings.

#include <castore/adapters/postgres.hpp>

#include "support/catch.hpp"
#include "support/place.hpp"
#include "support/records.hpp"

#include <libpq-fe.h>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace castore::postgres_tests {

using namespace record_tests;

/// The connection string of the server in this directory.
inline std::string connection_to(const std::string& directory) {
  std::ifstream file{directory + "/connection"};
  std::string connection;
  if (!std::getline(file, connection)) throw std::runtime_error{"no server in " + directory};
  return connection;
}
inline const std::string& connection() {
  static const std::string text = connection_to(castore_tests::place::server);
  return text;
}

/// Plain libpq, as another program would use it. Rows are joined by '|', columns NULL as "NULL".
class PlainPostgres {
 public:
  explicit PlainPostgres(const std::string& to = connection()) : handle_{PQconnectdb(to.c_str()), &PQfinish} {
    if (PQstatus(handle_.get()) != CONNECTION_OK) throw std::runtime_error{PQerrorMessage(handle_.get())};
    PQsetNoticeReceiver(
        handle_.get(), [](void*, const PGresult*) {}, nullptr);
  }

  std::vector<std::string> rows(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(handle_.get(), sql.c_str()), &PQclear};
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK && PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
      throw std::runtime_error{sql + ": " + PQerrorMessage(handle_.get())};
    }
    std::vector<std::string> rows;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      std::string text;
      for (int column = 0; column < PQnfields(result.get()); ++column) {
        const bool is_null = PQgetisnull(result.get(), row, column) != 0;
        if (column > 0) text += '|';
        text += is_null ? "NULL" : PQgetvalue(result.get(), row, column);
      }
      rows.push_back(text);
    }
    return rows;
  }
  std::string value(const std::string& sql) {
    const auto all = rows(sql);
    return all.size() == 1 ? all.front() : std::to_string(all.size()) + " rows";
  }
  PGconn* handle() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> handle_;
};

/// Waits until something is so. False when it is not within a minute, so that a test which meets a bug ends.
template <class Condition>
bool eventually(Condition is_so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (!is_so()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

/// A name for a table that no other test has, and its end.
class TempTable {
 public:
  explicit TempTable(const std::string& name = unique_name()) : name_{name} {}
  TempTable(TempTable&&) = delete;
  ~TempTable() {
    try {
      PlainPostgres{}.rows("DROP TABLE IF EXISTS " + quoted() + ", " +
                           detail::quote_postgres_name(name_ + "_projection") + ", " +
                           detail::quote_postgres_name(name_ + "_dead_letter") + ", " +
                           detail::quote_postgres_name(name_ + "_snapshot"));
    } catch (const std::exception&) {  // the server may be gone
    }
  }

  static std::string unique_name() {
    static std::atomic<int> count{0};
    return "events_" + std::to_string(getpid()) + "_" + std::to_string(++count);
  }

  const std::string& name() const noexcept { return name_; }
  std::string quoted() const { return detail::quote_postgres_name(name_); }
  PostgresEventStorageAdapterOptions options() const { return {.table_name = name_}; }

 private:
  std::string name_;
};

/// A role that may do what it likes with a table, and its end. Its settings are those of every session that it begins.
class TempRole {
 public:
  TempRole(const TempTable& table, const std::vector<std::string>& settings = {}) : name_{table.name() + "_role"} {
    PlainPostgres plain;
    plain.rows("CREATE ROLE " + name_ + " LOGIN");
    plain.rows("GRANT CREATE, USAGE ON SCHEMA public TO " + name_);
    for (const std::string& setting : settings) plain.rows("ALTER ROLE " + name_ + " SET " + setting);
  }
  TempRole(TempRole&&) = delete;
  ~TempRole() {
    try {
      PlainPostgres{}.rows("DROP OWNED BY " + name_ + "; DROP ROLE " + name_);
    } catch (const std::exception&) {  // the server may be gone
    }
  }

  const std::string& name() const noexcept { return name_; }
  std::string connection() const {
    std::string text = postgres_tests::connection();
    return text.replace(text.find("postgres@"), 8, name_);
  }

 private:
  std::string name_;
};

/// Waits until a session waits for a lock of the table.
inline bool waits_for_lock_of(const TempTable& table, const std::string& mode = "%") {
  PlainPostgres plain;
  return eventually([&] {
    return plain.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND mode LIKE '" + mode + "' AND relation = '" +
                       table.name() + "'::regclass") != "0";
  });
}

/// An adapter with a table of its own.
class Storage {
 public:
  explicit Storage(const PostgresEventTableOptions& table = {}) { storage_.create_event_table(table); }

  PostgresEventStorageAdapter& operator*() noexcept { return storage_; }
  PostgresEventStorageAdapter* operator->() noexcept { return &storage_; }
  const TempTable& table() const noexcept { return table_; }

 private:
  TempTable table_;
  PostgresEventStorageAdapter storage_{connection(), table_.options()};
};

/// A StorageError, taken apart.
struct Failure {
  std::string what;
  bool retryable = false;
  std::optional<std::string> sqlstate;  ///< Of the nested PostgresError.
  StorageError::Outcome outcome = StorageError::Outcome::not_done;

  bool says(std::string_view text) const { return contains(what, text); }
};

inline Failure failure(const StorageError& error) {
  try {
    std::rethrow_if_nested(error);
  } catch (const PostgresError& native) {
    return {error.what(), error.retryable(), native.sqlstate(), error.outcome()};
  } catch (const StorageError& nested) {
    return {error.what(), error.retryable(), failure(nested).sqlstate, error.outcome()};
  }
  return {error.what(), error.retryable(), std::nullopt, error.outcome()};
}

template <class Function>
Failure failure_of(Function function) {
  try {
    function();
  } catch (const StorageError& error) {
    return failure(error);
  }
  FAIL("a StorageError was expected");
  return {};
}

/// The field that an InvalidEventError names.
template <class Function>
std::string invalid_field_of(Function function) {
  try {
    function();
  } catch (const InvalidEventError& error) {
    return error.field();
  }
  return "no InvalidEventError";
}

}  // namespace castore::postgres_tests

#endif
