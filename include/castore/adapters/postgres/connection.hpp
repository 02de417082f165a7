// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_CONNECTION_HPP
#define CASTORE_ADAPTERS_POSTGRES_CONNECTION_HPP

#include <castore/adapters/postgres/errors.hpp>
#include <castore/adapters/postgres/table.hpp>
#include <castore/adapters/postgres/values.hpp>
#include <castore/core/errors.hpp>

#include <libpq-fe.h>

#include <poll.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef LIBPQ_HAS_PIPELINING
#error "castore: the PostgreSQL adapter needs libpq 14 or newer (pipeline mode)"
#endif

namespace castore::detail {

/// What all connections of an adapter have in common.
struct PostgresSettings {
  std::vector<std::pair<std::string, std::string>> parameters;  ///< Of libpq; of a repeated one the last counts.
  std::string quoted_table;
  std::string name;  ///< What error messages call the table and its server.
  std::chrono::milliseconds statement_timeout{};
  std::chrono::milliseconds patience{};  ///< Beyond the statement timeout, until a server counts as gone; 0 for ever.
  bool prepared_statements = true;
};

/// One connection to a server. One thread at a time may use it. What is to be done goes in one flight: libpq's pipeline
/// mode is never left, and what is in one flight is one transaction.
class PostgresConnection {
 public:
  /// @throws StorageError
  explicit PostgresConnection(const PostgresSettings& settings) : settings_{settings} {
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : settings.parameters) {
      keywords.push_back(keyword.c_str());
      values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    handle_.reset(PQconnectdbParams(keywords.data(), values.data(), 0));
    if (!handle_) throw std::bad_alloc{};
    if (PQstatus(handle()) != CONNECTION_OK) throw_not_connected();
    PQsetNoticeReceiver(
        handle(), [](void*, const PGresult*) {}, nullptr);  // libpq's own one prints
    if (PQsetnonblocking(handle(), 1) != 0 || PQenterPipelineMode(handle()) != 1) throw_lost();
  }
  PostgresConnection(PostgresConnection&&) = delete;

  /// The table, looked at when first asked for.
  /// @throws StorageError, PostgresConnectionLost
  const PostgresTable& table() {
    if (!table_) {
      set_up_session();
      PostgresValues name;
      name.text(settings_.quoted_table);
      send(PostgresTable::describe_sql, name);
      const Outcome outcome = finish();
      if (outcome.failed) throw_postgres_error(settings_.name, "look at", outcome.failure);
      table_.emplace(settings_.quoted_table, settings_.name, outcome.last);
    }
    return *table_;
  }

  struct Outcome {
    PostgresResult last;                ///< The last execution's rows.
    int rows = 0;                       ///< Of all executions.
    std::optional<std::size_t> failed;  ///< The execution that failed first; then nothing has happened.
    PostgresFailure failure;            ///< Its reason.
  };

  /// Executes a statement so many times, all or none, in one round trip; again when another transaction was in the way.
  /// @param bind Called with the number of each execution and its `PostgresValues` to fill.
  /// @throws PostgresConnectionLost
  template <class Bind>
  Outcome execute(PostgresStatement statement, std::size_t times, Bind bind) {
    constexpr int most_attempts = 4;
    for (int attempt = 1;; ++attempt) {
      Outcome outcome = try_execute(statement, times, bind);
      const bool was_in_the_way = outcome.failure.sqlstate == "40001" || outcome.failure.sqlstate == "40P01";
      if (!was_in_the_way || attempt == most_attempts) return outcome;
    }
  }

  /// Executes one statement that is none of the adapter's own.
  /// @throws PostgresConnectionLost
  Outcome execute(const std::string& sql, const PostgresValues& values = {}) {
    send(sql.c_str(), values);
    return finish();
  }

  /// Lets what follows take any time, as making an index may. The connection is not used again afterwards.
  void take_time() {
    is_outdated_ = true;
    timeout_ = -1;
  }

  /// False when an operation was left before its end, or the connection should not be used again.
  bool is_done() const noexcept { return !busy_ && !is_outdated_ && PQtransactionStatus(handle()) == PQTRANS_IDLE; }

  /// False when the server has closed the connection. To be asked between operations.
  bool is_open() noexcept {
    pollfd socket{PQsocket(handle()), POLLIN, 0};
    while (poll(&socket, 1, 0) > 0) {
      if (PQconsumeInput(handle()) == 0) return false;
    }
    return PQstatus(handle()) == CONNECTION_OK;
  }

 private:
  static constexpr int binary = 1;

  struct Finish {
    void operator()(PGconn* handle) const noexcept { PQfinish(handle); }
  };

  PGconn* handle() const noexcept { return handle_.get(); }

  void set_up_session() {
    const auto set = [this](std::string_view name, std::string_view value) {
      PostgresValues values;
      values.text(name).text(value);
      send("SELECT pg_catalog.set_config($1::text, $2::text, false)", values);
    };
    if (settings_.statement_timeout.count() > 0 && timeout_ >= 0) {
      set("statement_timeout", std::to_string(settings_.statement_timeout.count()));
    }
    if (!settings_.prepared_statements) return;  // the session may be another client's next
    // One plan for each statement is enough, as there is an index for each; a plan that was made while the table was
    // small must be right when it has grown.
    set("plan_cache_mode", "force_generic_plan");
    // The ways that are off look dear where they are taken all the same, for which a plan would be compiled each time.
    for (const char* const way : {"enable_seqscan", "enable_bitmapscan", "enable_sort", "jit"}) set(way, "off");
  }

  void must(int is_done) {
    if (is_done != 1) throw_lost();
  }

  void send(const char* sql, const PostgresValues& values) {
    busy_ = true;
    must(PQsendQueryParams(handle(), sql, values.count(), nullptr, values.values(), values.lengths(), values.formats(),
                           binary));
  }

  template <class Bind>
  Outcome try_execute(PostgresStatement statement, std::size_t times, Bind& bind) {
    const auto index = static_cast<std::size_t>(statement);
    const std::string& sql = table().sql(statement);
    const std::string name = "castore_" + std::to_string(index);
    const bool prepare = settings_.prepared_statements && !prepared_[index];
    busy_ = true;
    if (prepare) must(PQsendPrepare(handle(), name.c_str(), sql.c_str(), 0, nullptr));
    for (std::size_t time = 0; time < times; ++time) {
      PostgresValues values;
      bind(time, values);
      if (settings_.prepared_statements) {
        must(PQsendQueryPrepared(handle(), name.c_str(), values.count(), values.values(), values.lengths(),
                                 values.formats(), binary));
      } else {
        send(sql.c_str(), values);
      }
    }
    Outcome outcome = finish();
    if (prepare) {
      if (outcome.failed) {
        // Whether this was the preparation matters to nobody else: it is done again.
        if (*outcome.failed == 0) return outcome;
        --*outcome.failed;
      }
      prepared_[index] = true;
    }
    return outcome;
  }

  /// Ends the flight. Only its end tells that what it did is committed.
  Outcome finish() {
    must(PQpipelineSync(handle()));
    Outcome outcome;
    for (std::size_t command = 0;;) {
      await(outcome.failure);
      PostgresResult result{PQgetResult(handle())};
      const ExecStatusType status = PQresultStatus(result.handle());
      if (PQstatus(handle()) == CONNECTION_BAD) throw_lost(outcome.failure);
      if (!result) {
        ++command;
      } else if (status == PGRES_PIPELINE_SYNC) {
        break;
      } else if (status == PGRES_TUPLES_OK) {
        outcome.rows += result.rows();
        outcome.last = std::move(result);
      } else if (status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_ABORTED && !outcome.failed) {
        outcome.failed = command;
        outcome.failure = failure_of(result);
      }
    }
    busy_ = false;
    // A server that has become a standby stays one; a new connection may find the primary.
    if (outcome.failure.sqlstate == "25006") is_outdated_ = true;
    return outcome;
  }

  /// Waits until the next result is there.
  void await(const PostgresFailure& failure) {
    while (true) {
      const int is_unsent = PQflush(handle());
      if (is_unsent < 0) throw_lost(failure);
      if (PQisBusy(handle()) == 0) return;
      pollfd socket{PQsocket(handle()), static_cast<short>(is_unsent != 0 ? POLLIN | POLLOUT : POLLIN), 0};
      const int ready = poll(&socket, 1, timeout_);
      if (ready == 0) throw_lost({{}, "the server has not answered for " + std::to_string(timeout_) + " ms", {}});
      if (ready > 0 && (socket.revents & ~POLLOUT) != 0 && PQconsumeInput(handle()) == 0) throw_lost(failure);
    }
  }

  static PostgresFailure failure_of(const PostgresResult& result) {
    const auto field = [&result](int code) {
      const char* const text = PQresultErrorField(result.handle(), code);
      return std::string{text == nullptr ? "" : text};
    };
    return {field(PG_DIAG_SQLSTATE), field(PG_DIAG_MESSAGE_PRIMARY), field(PG_DIAG_COLUMN_NAME)};
  }

  std::string message() const {
    std::string text{PQerrorMessage(handle())};
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }

  /// @param failure What the server said before, if anything.
  [[noreturn]] void throw_lost(const PostgresFailure& failure = {}) const {
    throw PostgresConnectionLost{failure.message.empty() ? PostgresFailure{{}, message(), {}} : failure};
  }

  /// libpq does not tell the SQLSTATE of a refused connection, so what is final, and what a server says that may soon
  /// be otherwise, is told by its words; in another language than English what a server says counts as final.
  [[noreturn]] void throw_not_connected() const {
    const PostgresFailure failure{{}, message(), {}};
    const auto says_one_of = [&](std::initializer_list<std::string_view> texts) {
      return std::ranges::any_of(
          texts, [&](std::string_view text) { return failure.message.find(text) != std::string::npos; });
    };
    const bool retryable = !says_one_of({"FATAL:", "invalid ", "certificate", "no password supplied", " required"}) ||
                           says_one_of({"starting up", "shutting down", "recovery mode", "not yet accepting",
                                        "too many clients", "too many connections", "remaining connection slots"});
    throw_with_postgres_error("cannot connect to the server of " + settings_.name +
                                  ": see that it runs and accepts this user, and that the connection string is right",
                              retryable, failure);
  }

  const PostgresSettings& settings_;
  std::unique_ptr<PGconn, Finish> handle_;
  std::optional<PostgresTable> table_;
  std::bitset<postgres_statement_count> prepared_;
  int timeout_ = settings_.patience.count() > 0 ? static_cast<int>(settings_.patience.count()) : -1;
  bool busy_ = false;
  bool is_outdated_ = false;
};

}  // namespace castore::detail

#endif
