// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_PUSH_HPP
#define CASTORE_ADAPTERS_POSTGRES_PUSH_HPP

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/errors.hpp>
#include <castore/adapters/postgres/jsonb.hpp>
#include <castore/adapters/postgres/table.hpp>
#include <castore/adapters/postgres/values.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace castore::detail {

/// One push or group on its way; it refers to its records.
class PostgresPush {
 public:
  /// @throws InvalidEventError
  PostgresPush(std::span<const PushRecord> records, bool force, const PostgresSettings& settings)
      : force_{force}, settings_{settings} {
    events_.reserve(records.size());
    for (const PushRecord& push : records) {
      events_.push_back({&push, to_jsonb("payload", push.record.payload), to_jsonb("metadata", push.record.metadata)});
    }
  }

  /// @throws InvalidEventError, StorageError, PostgresConnectionLost
  PushOutcome write(PostgresConnection& connection) const {
    const PostgresTable& table = connection.table();
    for (const Event& event : events_) table.check(*event.push);
    if (force_) {
      const auto outcome = execute(connection, PostgresStatement::push_forced, in_lock_order());
      if (outcome.failed) throw_failure(outcome.failure);
      return {};
    }
    if (events_.size() == 1) {
      const auto outcome = execute(connection, PostgresStatement::push, in_given_order());
      if (outcome.failed) throw_failure(outcome.failure);
      switch (outcome.last.integer(0, 0)) {
        case 0:
          return {};
        case 1:
          return {PushOutcome::already_exists, 0};
        default:
          return {PushOutcome::version_gap, 0};
      }
    }
    return write_group(connection);
  }

  /// Whether these very events are stored.
  /// @throws StorageError, PostgresConnectionLost
  bool is_stored(PostgresConnection& connection) const {
    const auto outcome = execute(connection, PostgresStatement::has_same_event, in_given_order());
    if (outcome.failed) throw_failure(outcome.failure);
    return outcome.rows == static_cast<int>(events_.size());
  }

 private:
  struct Event {
    const PushRecord* push;
    std::optional<std::string> payload;  // where it is not the record's own
    std::optional<std::string> metadata;
  };
  using Order = std::vector<std::size_t>;

  Order in_given_order() const {
    Order order(events_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    return order;
  }
  /// By aggregates; within one of them as given.
  Order in_lock_order() const {
    Order order = in_given_order();
    std::ranges::stable_sort(order, {}, [this](std::size_t index) {
      const PushRecord& push = *events_[index].push;
      return std::tuple<std::string_view, std::string_view>{push.event_store_id, push.record.aggregate_id};
    });
    return order;
  }

  PushOutcome write_group(PostgresConnection& connection) const {
    // Groups that meet at several aggregates take them in one order, so that none waits for another in a circle. Which
    // event is the first that is in the way, only the given order tells.
    Order order = in_lock_order();
    auto outcome = execute(connection, PostgresStatement::push_in_group, order);
    if (outcome.failed && outcome.failure.sqlstate.starts_with("23") && order != in_given_order()) {
      order = in_given_order();
      outcome = execute(connection, PostgresStatement::push_in_group, order);
    }
    if (!outcome.failed) return {};
    if (*outcome.failed < order.size()) {
      const std::size_t index = order[*outcome.failed];
      if (outcome.failure.sqlstate == "23502" && outcome.failure.column == "version") {
        return {PushOutcome::version_gap, index};
      }
      // It may have been another constraint.
      if (outcome.failure.sqlstate == "23505" && execute(connection, PostgresStatement::has_event, {index}).rows == 1) {
        return {PushOutcome::already_exists, index};
      }
    }
    throw_failure(outcome.failure);
  }

  PostgresConnection::Outcome execute(PostgresConnection& connection, PostgresStatement statement,
                                      const Order& order) const {
    return connection.execute(statement, order.size(), [&](std::size_t place, PostgresValues& values) {
      const Event& event = events_[order[place]];
      const EventRecord& record = event.push->record;
      values.text(event.push->event_store_id).text(record.aggregate_id).integer(record.version);
      if (statement == PostgresStatement::has_event) return;
      values.text(record.type)
          .json(event.payload ? *event.payload : record.payload)
          .json(event.metadata ? *event.metadata : record.metadata)
          .time(record.timestamp);
    });
  }

  [[noreturn]] void throw_failure(const PostgresFailure& failure) const {
    // No other text is parsed, and no other number is as large.
    if (failure.sqlstate == "22P02" || failure.sqlstate == "22003" || failure.sqlstate == "54001") {
      try {
        throw_postgres_error(settings_.name, "push to", failure);
      } catch (const StorageError&) {
        std::throw_with_nested(InvalidEventError{
            "payload", "PostgreSQL does not take it, or the metadata, as JSON. Reason: " + failure.message});
      }
    }
    throw_postgres_error(settings_.name, "push to", failure);
  }

  std::vector<Event> events_;
  bool force_;
  const PostgresSettings& settings_;
};

}  // namespace castore::detail

#endif
