// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_PUSH_HPP
#define CASTORE_ADAPTERS_POSTGRES_PUSH_HPP

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/errors.hpp>
#include <castore/adapters/postgres/jsonb.hpp>
#include <castore/adapters/postgres/statements.hpp>
#include <castore/adapters/postgres/table.hpp>
#include <castore/adapters/postgres/values.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <vector>

namespace castore::detail {

/// One push or group on its way; it refers to its records.
class PostgresPush {
 public:
  /// The server takes no more than this in one message, with something for what is around the texts.
  static constexpr std::size_t most_bytes = 1'000'000'000;

  /// @throws InvalidEventError
  PostgresPush(std::span<const PushRecord> records, const PushOptions& options, std::size_t most_bytes_ = most_bytes)
      : force_{options.force}, positions_{options.positions} {
    events_.reserve(records.size());
    std::size_t bytes = 0;
    constexpr std::size_t bytes_around = 128;
    for (const PushRecord& push : records) {
      const EventRecord& record = push.record;
      events_.push_back({&push, to_jsonb("payload", record.payload), to_jsonb("metadata", record.metadata)});
      bytes += push.event_store_id.size() + record.aggregate_id.size() + record.type.size() +
               events_.back().payload().size() + events_.back().metadata().size() + bytes_around;
    }
    if (bytes > most_bytes_) {
      throw InvalidEventError{"payload", "the events of one push have about " + std::to_string(bytes) +
                                             " bytes, and PostgreSQL takes at most " + std::to_string(most_bytes_) +
                                             "; push fewer at once, or keep large data elsewhere"};
    }
  }

  /// Without force. @throws InvalidEventError, StorageError, PostgresConnectionLost
  PushOutcome write(PostgresConnection& connection) const {
    const PostgresTable& table = connection.table();
    for (const Event& event : events_) table.check_event(*event.push);
    if (events_.size() == 1) return write_one(connection);
    // Behind a pooler each statement would be planned again for each event.
    if (table.has_key() && connection.prepares_statements() && is_in_lock_order()) {
      if (const auto outcome = try_one_by_one(connection)) return *outcome;
    }
    constexpr int most_attempts = 4;
    for (int attempt = 1;; ++attempt) {
      const auto outcome = try_execute(connection, PostgresStatement::push_group);
      if (outcome.failure.sqlstate != in_the_way || attempt == most_attempts) {
        return outcome_of(rows_of(connection, outcome));
      }
    }
  }

  /// The same by force, unless there may be snapshots, which only a transaction can delete, too.
  /// @return Nothing when nothing was written.
  std::optional<PushOutcome> try_write_forced(PostgresConnection& connection) const {
    for (const Event& event : events_) connection.table().check_event(*event.push);
    const auto outcome = try_execute(connection, PostgresStatement::push_forced_alone);
    if (outcome.failure.sqlstate == in_the_way) return std::nullopt;
    return outcome_of(rows_of(connection, outcome));
  }

  /// The same in a transaction that has begun. What others push meanwhile may be an error, after which it is to be
  /// rolled back and tried again, see `is_in_the_way`.
  PushOutcome write_in_transaction(PostgresConnection& connection) const {
    for (const Event& event : events_) connection.table().check_event(*event.push);
    if (force_) return outcome_of(execute(connection, PostgresStatement::push_forced));
    if (events_.size() == 1) return write_one(connection);
    return outcome_of(execute(connection, PostgresStatement::push_group));
  }
  /// Whether an error says that another transaction was in the way, or that one did before (25P02).
  static bool is_in_the_way(const StorageError& error) {
    try {
      std::rethrow_if_nested(error);
    } catch (const PostgresError& native) {
      const std::string& state = native.sqlstate();
      return state == in_the_way || state == "40001" || state == "40P01" || state == "25P02";
    } catch (const std::exception&) {
    }
    return false;
  }

  /// The position of the first event, when these very events are stored.
  /// @throws StorageError, PostgresConnectionLost
  std::optional<Position> find(PostgresConnection& connection) const {
    const PostgresResult rows = execute(connection, PostgresStatement::find_pushed);
    if (rows.integer(0, 0) != static_cast<std::int64_t>(events_.size())) return std::nullopt;
    tell_positions(rows);
    return rows.integer(0, 2);
  }

 private:
  struct Event {
    const PushRecord* push;
    std::optional<std::string> changed_payload;
    std::optional<std::string> changed_metadata;

    const std::string& payload() const { return changed_payload ? *changed_payload : push->record.payload; }
    const std::string& metadata() const { return changed_metadata ? *changed_metadata : push->record.metadata; }
  };

  static constexpr std::string_view in_the_way = "22012";

  static const PostgresResult& rows_of(const PostgresConnection& connection,
                                       const PostgresConnection::Outcome& outcome) {
    if (outcome.failed) throw_failure(connection, outcome.failure);
    return outcome.rows;
  }
  /// @param rows Their third column is the first position, and their fourth all of them as text.
  void tell_positions(const PostgresResult& rows) const {
    const std::string_view text = rows.text(0, 3);
    const char* next = text.data();
    for (Position& position : positions_) {
      const auto [end, error] = std::from_chars(next, text.data() + text.size(), position);
      if (error != std::errc{} || end == text.data() + text.size()) return;
      next = end + 1;
    }
  }
  PushOutcome outcome_of(const PostgresResult& rows) const {
    if (rows.integer(0, 0) == 0) tell_positions(rows);
    constexpr PushStatus statuses[] = {PushOutcome::pushed, PushOutcome::already_exists, PushOutcome::version_gap};
    return {statuses[rows.integer(0, 0)], static_cast<std::size_t>(rows.integer(0, 1)), rows.integer(0, 2)};
  }

  static void bind(const Event& event, PostgresValues& values) {
    const EventRecord& record = event.push->record;
    values.text(event.push->event_store_id).text(record.aggregate_id).integer(record.version).text(record.type);
    values.json(event.payload()).json(event.metadata()).time(record.timestamp);
  }

  PushOutcome write_one(PostgresConnection& connection) const {
    PostgresValues values;
    bind(events_.front(), values);
    const auto outcome = connection.execute(PostgresStatement::push, values);
    switch (const Position position = rows_of(connection, outcome).integer(0, 0)) {
      case postgres_already_exists:
        return {PushOutcome::already_exists, 0, 0};
      case postgres_version_gap:
        return {PushOutcome::version_gap, 0, 0};
      default:
        if (!positions_.empty()) positions_.front() = position;
        return {PushOutcome::pushed, 0, position};
    }
  }

  /// Nothing when something is in the way.
  std::optional<PushOutcome> try_one_by_one(PostgresConnection& connection) const {
    const auto outcome = connection.execute_all(PostgresStatement::push_next, [this](const auto& send) {
      for (const Event& event : events_) {
        PostgresValues values;
        bind(event, values);
        send(values);
      }
    });
    if (outcome.failure.sqlstate == in_the_way || outcome.failure.sqlstate == "23505") return std::nullopt;
    const Position first = rows_of(connection, outcome).integer(0, 0);
    for (std::size_t index = 0; index < positions_.size(); ++index) {
      positions_[index] = index == 0 ? first : outcome.more_rows[index - 1].integer(0, 0);
    }
    return PushOutcome{PushOutcome::pushed, 0, first};
  }

  /// One of the statements that take events as arrays.
  PostgresResult execute(PostgresConnection& connection, PostgresStatement statement) const {
    auto outcome = try_execute(connection, statement);
    if (outcome.failed) throw_failure(connection, outcome.failure);
    return std::move(outcome.rows);
  }
  PostgresConnection::Outcome try_execute(PostgresConnection& connection, PostgresStatement statement) const {
    using enum PostgresType;
    const std::size_t size = events_.size();
    PostgresArray store_ids{text, size};
    PostgresArray aggregate_ids{text, size};
    PostgresArray versions{bigint, size};
    PostgresArray types{text, size};
    PostgresArray payloads{jsonb, size};
    PostgresArray metadata{jsonb, size};
    PostgresArray times{timestamptz, size};
    for (const Event& event : events_) {
      const EventRecord& record = event.push->record;
      store_ids.text(event.push->event_store_id);
      aggregate_ids.text(record.aggregate_id);
      versions.integer(record.version);
      types.text(record.type);
      payloads.json(event.payload());
      metadata.json(event.metadata());
      times.time(record.timestamp);
    }
    PostgresArray ranks{bigint, size};
    PostgresArray follow{boolean, size};
    for (const Place& place : places()) {
      ranks.integer(place.rank);
      follow.boolean(place.follows);
    }
    PostgresValues values;
    values.array(store_ids).array(aggregate_ids).array(versions).array(types);
    values.array(payloads).array(metadata).array(times);
    if (statement != PostgresStatement::find_pushed) values.array(ranks);
    if (statement == PostgresStatement::push_group) values.array(follow);
    if (statement == PostgresStatement::push_forced_alone) values.text(connection.table().snapshots());
    return connection.execute(statement, values);
  }

  using Key = std::tuple<std::string_view, std::string_view, Version>;
  static Key key_of(const Event& event) {
    return {event.push->event_store_id, event.push->record.aggregate_id, event.push->record.version};
  }
  /// Groups that meet at several aggregates take them in this order, so that none waits for another in a circle.
  bool is_in_lock_order() const { return std::ranges::is_sorted(events_, {}, key_of); }

  struct Place {
    std::int64_t rank = 0;  ///< In lock order.
    bool follows = false;   ///< The event before it, of its aggregate, stands before it in the group.
  };
  std::vector<Place> places() const {
    std::vector<std::size_t> order(events_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto key = [this](std::size_t index) { return key_of(events_[index]); };
    std::ranges::sort(order, {}, key);
    std::vector<Place> places(order.size());
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
      Place& place = places[order[rank]];
      place.rank = static_cast<std::int64_t>(rank);
      if (rank == 0 || order[rank - 1] > order[rank]) continue;
      auto next = key(order[rank - 1]);
      ++std::get<Version>(next);
      place.follows = next == key(order[rank]);
    }
    return places;
  }

  [[noreturn]] static void throw_failure(const PostgresConnection& connection, const PostgresFailure& failure) {
    // No other text is parsed, and no other number is as large, except for a column id of 32 bits.
    const bool is_id = failure.sqlstate == "22003" && failure.routine == "int84";
    if (failure.sqlstate == "22P02" || (failure.sqlstate == "22003" && !is_id) || failure.sqlstate == "54001") {
      try {
        throw_postgres_error(connection.name(), "push to", failure);
      } catch (const StorageError&) {
        std::throw_with_nested(InvalidEventError{
            "payload", "PostgreSQL does not take it, or the metadata, as JSON. Reason: " + failure.message});
      }
    }
    throw_postgres_error(connection.name(), "push to", failure);
  }

  std::vector<Event> events_;
  bool force_;
  std::span<Position> positions_;  // none, or one for each event
};

}  // namespace castore::detail

#endif
