// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_CONNECTION_HPP
#define CASTORE_ADAPTERS_POSTGRES_CONNECTION_HPP

#include <castore/adapters/postgres/errors.hpp>
#include <castore/adapters/postgres/refusals.hpp>
#include <castore/adapters/postgres/settings.hpp>
#include <castore/adapters/postgres/socket.hpp>
#include <castore/adapters/postgres/statements.hpp>
#include <castore/adapters/postgres/table.hpp>
#include <castore/adapters/postgres/values.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <libpq-fe.h>

#include <bitset>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#ifndef LIBPQ_HAS_PIPELINING
#error "castore: the PostgreSQL adapter needs libpq 14 or newer (pipeline mode)"
#endif

namespace castore::detail {

/// One connection to a server. One thread at a time may use it. What is to be done goes in one flight: libpq's pipeline
/// mode is never left, and what is in one flight is one transaction. A flight has one deadline.
class PostgresConnection {
 public:
  /// libpq keeps the connect timeout, through signals and partial answers, for each address on its own.
  /// @param parameters Those of the settings, with credentials.
  /// @param name What error messages call the table until there is a connection.
  /// @throws PostgresNotConnected
  PostgresConnection(const PostgresSettings& settings, PostgresConnectionParameters parameters, const std::string& name)
      : settings_{settings}, parameters_{std::move(parameters)} {
    parameters_["client_encoding"] = "UTF8";
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : parameters_) {
      keywords.push_back(keyword.c_str());
      values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    handle_.reset(PQconnectdbParams(keywords.data(), values.data(), 0));
    if (!handle_) throw std::bad_alloc{};
    if (PQstatus(handle()) != CONNECTION_OK) throw_not_connected(name, PQerrorMessage(handle()));
    // A connection was made with these, so they hold no secret by mistake; where there is an address, a host's name may
    // not have been looked at.
    const std::string_view address = PQhostaddr(handle());
    name_ = settings.name + " (dbname " + in_quotes(PQdb(handle())) + ", host " +
            in_quotes(address.empty() ? PQhost(handle()) : address) + ")";
    PQsetNoticeReceiver(
        handle(), [](void*, const PGresult*) {}, nullptr);  // libpq's own one prints
    if (PQsetnonblocking(handle(), 1) != 0 || PQenterPipelineMode(handle()) != 1) throw_lost();
  }
  PostgresConnection(PostgresConnection&&) = delete;

  /// What error messages call the table and its server.
  const std::string& name() const noexcept { return name_; }

  bool prepares_statements() const noexcept { return settings_.prepared_statements; }

  /// The table, looked at when first asked for.
  /// @throws StorageError, PostgresConnectionLost
  const PostgresTable& table() {
    if (!table_) {
      set_up_session();
      const Outcome columns = describe();
      if (columns.failed) throw_postgres_error(name_, "look at", columns.failure);
      table_.emplace(settings_.quoted_table, settings_.quoted_snapshots, name_, columns.rows);
    }
    return *table_;
  }

  /// Looks at the table again, after something did not go as it should with the one that is known.
  /// @throws PostgresConnectionLost
  bool has_another_table() {
    if (!table_ || !is_idle()) return false;
    const Outcome columns = describe();
    return !columns.failed && PostgresTable::description(columns.rows) != table_->description();
  }

  struct Outcome {
    PostgresResult rows;                ///< Of the first statement that has any.
    std::vector<PostgresResult> more_rows{};  ///< Of those after it.
    std::optional<std::size_t> failed;  ///< The place of what failed in the flight; then nothing has happened.
    PostgresFailure failure;            ///< Its reason.
  };

  /// Executes a statement in one round trip; again when another transaction was in the way.
  /// @throws PostgresConnectionLost
  Outcome execute(PostgresStatement statement, const PostgresValues& values) {
    return execute_all(statement, [&values](const auto& send) { send(values); });
  }
  /// The same several times, all or none.
  /// @param send_all Called with a function that sends the `PostgresValues` of one execution.
  template <class SendAll>
  Outcome execute_all(PostgresStatement statement, const SendAll& send_all) {
    const auto index = static_cast<std::size_t>(statement);
    const std::string& sql = table().sql(statement);
    const auto deadline = begin();
    constexpr int most_attempts = 4;
    for (int attempt = 1;; ++attempt) {
      Outcome outcome = try_execute(index, sql, send_all, deadline);
      const bool was_in_the_way = outcome.failure.sqlstate == "40001" || outcome.failure.sqlstate == "40P01";
      if (!was_in_the_way || attempt == most_attempts) return outcome;
    }
  }

  /// Executes one statement that is none of the adapter's own.
  /// @throws PostgresConnectionLost
  Outcome execute(const std::string& sql, const PostgresValues& values = {}) {
    const auto deadline = begin();
    send(sql.c_str(), values);
    return finish(deadline);
  }

  /// Sends a statement of a transaction, with its parameters and results as text; `receive` waits for the answers to
  /// all that was sent. Texts that come again are prepared.
  /// @throws PostgresConnectionLost
  void send_text(const std::string& sql, const std::vector<const char*>& values) {
    busy_ = true;
    const auto count = static_cast<int>(values.size());
    if (!settings_.prepared_statements || values.empty()) {
      must(PQsendQueryParams(handle(), sql.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0));
      return;
    }
    constexpr std::size_t most_texts = 500;
    if (texts_.size() >= most_texts) forget_texts();
    auto& [name, is_prepared] = texts_[sql];
    if (!is_prepared) {
      name = "castore_text_" + std::to_string(++last_text_);
      must(PQsendPrepare(handle(), name.c_str(), sql.c_str(), 0, nullptr));
      is_prepared = true;
    }
    must(PQsendQueryPrepared(handle(), name.c_str(), count, values.data(), nullptr, nullptr, 0));
  }
  /// @throws PostgresConnectionLost
  Outcome receive() {
    Outcome outcome = finish(begin());
    if (outcome.failed) {
      forget_texts();  // it is not known which were prepared
      has_checkpoints_ = false;
    }
    return outcome;
  }
  PGconn* native() const noexcept { return handle(); }
  /// Whether the table of checkpoints was found over this connection.
  bool has_checkpoints() const noexcept { return has_checkpoints_; }
  void set_has_checkpoints(bool has) noexcept { has_checkpoints_ = has; }

  /// Whether what must hold for an order was found to, over this connection.
  bool has_order() const noexcept { return has_order_; }
  void set_has_order() noexcept { has_order_ = true; }

  /// From here on, statements have no time limit: making an index, for example, takes as long as it takes. While one
  /// runs, a second connection asks the server whether it is still at work. This connection is not used again.
  void take_time() noexcept {
    takes_time_ = true;
    is_outdated_ = true;
  }

  /// False when an operation was left before its end, or the connection should not be used again.
  bool is_done() const noexcept { return !busy_ && !is_outdated_ && is_idle(); }

  /// False when the server has closed the connection. To be asked between operations.
  bool is_open() noexcept {
    while (wait_for_postgres_socket(PQsocket(handle()), false, PostgresClock::time_point{})) {
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
  bool is_idle() const noexcept { return PQtransactionStatus(handle()) == PQTRANS_IDLE; }

  /// Our needs win over the settings of a role or a database, where they would change what statements mean or how they
  /// are planned.
  void set_up_session() {
    if (!settings_.prepared_statements) return;  // the session may be another client's next
    const auto set = [this](const std::string& setting) { send(("SET " + setting).c_str(), {}); };
    // First, as the role's may be too short for the others.
    if (settings_.statement_timeout.count() > 0 && !takes_time_) {
      set("statement_timeout = " + std::to_string(settings_.statement_timeout.count()));
    }
    set("default_transaction_isolation = 'read committed'");
    // One plan for each statement is enough, as there is an index for each; a plan that was made while the table was
    // small must be right when it has grown.
    set("plan_cache_mode = force_generic_plan");
    for (const char* const way : {"enable_indexscan", "enable_indexonlyscan"}) set(way + std::string{" = on"});
    // The ways that are off look dear where they are taken anyway, for which a plan would be compiled each time.
    for (const char* const way : {"enable_seqscan", "enable_bitmapscan", "enable_sort", "jit"}) {
      set(way + std::string{" = off"});
    }
  }

  Outcome describe() {
    PostgresValues name;
    name.text(settings_.quoted_table);
    return execute(PostgresTable::describe_sql, name);
  }

  PostgresClock::time_point begin() const { return PostgresClock::now() + settings_.answer_timeout; }

  /// The server keeps what was prepared until the connection ends, so that is not used for long any more.
  void forget_texts() {
    texts_.clear();
    constexpr int most_prepared = 5'000;
    if (last_text_ > most_prepared) is_outdated_ = true;
  }

  void must(int is_done) {
    if (is_done != 1) throw_lost();
  }

  void send(const char* sql, const PostgresValues& values) {
    busy_ = true;
    must(PQsendQueryParams(handle(), sql, values.count(), nullptr, values.values(), values.lengths(), values.formats(),
                           binary));
  }

  template <class SendAll>
  Outcome try_execute(std::size_t index, const std::string& sql, const SendAll& send_all,
                      PostgresClock::time_point deadline) {
    if (!settings_.prepared_statements) {
      send_all([&](const PostgresValues& values) { send(sql.c_str(), values); });
      return finish(deadline);
    }
    const std::string name = "castore_" + std::to_string(index);
    const bool prepare = !prepared_[index];
    busy_ = true;
    if (prepare) must(PQsendPrepare(handle(), name.c_str(), sql.c_str(), 0, nullptr));
    send_all([&](const PostgresValues& values) {
      must(PQsendQueryPrepared(handle(), name.c_str(), values.count(), values.values(), values.lengths(),
                               values.formats(), binary));
    });
    Outcome outcome = finish(deadline);
    const bool was_not_prepared = prepare && outcome.failed == std::size_t{0};
    if (!was_not_prepared) prepared_[index] = true;
    return outcome;
  }

  /// Ends the flight. Only its end tells that what it did is committed.
  Outcome finish(PostgresClock::time_point deadline) {
    must(PQpipelineSync(handle()));
    Outcome outcome;
    for (std::size_t command = 0;;) {
      await(outcome.failure, deadline);
      PostgresResult result{PQgetResult(handle())};
      const ExecStatusType status = PQresultStatus(result.handle());
      if (PQstatus(handle()) == CONNECTION_BAD) throw_lost(outcome.failure);
      if (!result) {
        ++command;
      } else if (status == PGRES_PIPELINE_SYNC) {
        break;
      } else if (status == PGRES_TUPLES_OK) {
        outcome.rows ? outcome.more_rows.push_back(std::move(result)) : void(outcome.rows = std::move(result));
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
  void await(const PostgresFailure& failure, PostgresClock::time_point& deadline) {
    while (true) {
      const int is_unsent = PQflush(handle());
      if (is_unsent < 0) throw_lost(failure);
      if (PQisBusy(handle()) == 0) return;
      if (wait_for_postgres_socket(PQsocket(handle()), is_unsent != 0, deadline) && PQconsumeInput(handle()) == 0) {
        throw_lost(failure);
      }
      if (PostgresClock::now() < deadline) continue;
      if (!takes_time_ || !is_worked_for()) {
        throw_lost({{}, "the server has not answered for " + std::to_string(settings_.answer_timeout.count()) + " ms"});
      }
      deadline = begin();
    }
  }

  /// Whether the server says, over another connection, that it still works for this one.
  bool is_worked_for() const {
    try {
      PostgresConnection other{settings_, parameters_, name_};
      PostgresValues process;
      process.integer(PQbackendPID(handle()));
      return other
                 .execute("SELECT 1 FROM pg_catalog.pg_stat_activity WHERE pid = $1::int8 AND state NOT LIKE 'idle%'",
                          process)
                 .rows.rows() == 1;
    } catch (const StorageError&) {
      return false;
    } catch (const PostgresConnectionLost&) {
      return false;
    }
  }

  static PostgresFailure failure_of(const PostgresResult& result) {
    const auto field = [&result](int code) {
      const char* const text = PQresultErrorField(result.handle(), code);
      return std::string{text == nullptr ? "" : text};
    };
    return {field(PG_DIAG_SQLSTATE), field(PG_DIAG_MESSAGE_PRIMARY), field(PG_DIAG_SOURCE_FUNCTION)};
  }

  /// @param failure What the server said before, if anything.
  [[noreturn]] void throw_lost(const PostgresFailure& failure = {}) const {
    if (!failure.message.empty()) throw PostgresConnectionLost{failure};
    std::string text{PQerrorMessage(handle())};
    while (!text.empty() && text.back() == '\n') text.pop_back();
    throw PostgresConnectionLost{{{}, text}};
  }

  const PostgresSettings& settings_;
  PostgresConnectionParameters parameters_;
  std::unique_ptr<PGconn, Finish> handle_;
  std::string name_;
  std::optional<PostgresTable> table_;
  std::bitset<postgres_statement_count> prepared_;
  bool takes_time_ = false;
  bool busy_ = false;
  bool is_outdated_ = false;
  bool has_order_ = false;
  bool has_checkpoints_ = false;
  struct Text {
    std::string name;
    bool is_prepared = false;
  };
  std::unordered_map<std::string, Text> texts_;
  int last_text_ = 0;
};

}  // namespace castore::detail

#endif
