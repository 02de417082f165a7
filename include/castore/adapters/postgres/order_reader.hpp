// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_ORDER_READER_HPP
#define CASTORE_ADAPTERS_POSTGRES_ORDER_READER_HPP

#include <castore/adapters/postgres/connection.hpp>
#include <castore/adapters/postgres/log.hpp>
#include <castore/adapters/postgres/operations.hpp>
#include <castore/adapters/postgres/statements.hpp>
#include <castore/adapters/postgres/values.hpp>
#include <castore/core/errors.hpp>
#include <castore/core/event_log.hpp>
#include <castore/detail/signal.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/fwd.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// Reads the events of all stores in the order of column `id`, up to the first gap that may still be filled.
class PostgresOrderReader {
 public:
  explicit PostgresOrderReader(PostgresOperations& operations) noexcept : operations_{operations} {}

  ReadAllEventsResult read_all_events(Position after, const ReadAllEventsOptions& options,
                                      const SequencedEventSink& sink) {
    ReadAllEventsResult result{after, 0, false};
    const bool is_filtered = !options.event_store_ids.empty() || !options.types.empty();
    constexpr std::size_t fewest_looked_at = 1'000;
    const std::size_t limit = is_filtered ? (std::max)(options.limit, fewest_looked_at) : options.limit;
    bool has_rows = false;
    if (options.limit > 0) {
      Page page = read_page(after, limit, options);
      if (page.gap > 0 && probe().of(page.identity) >= page.gap) {
        page = read_page(after, limit, options);  // what filled the gap may be there now
      }
      std::size_t handed_out = 0;
      int row = 0;
      for (; row < page.end && handed_out < options.limit; ++row) {
        result.next = page.rows.integer(row, 0);
        const std::string_view event_store_id = page.rows.text(row, 1);
        if (event_store_id.data() == nullptr) continue;
        const std::string_view aggregate_id = page.rows.text(row, 2);
        sink({result.next, event_store_id, operations_.event_in(page.rows, row, 3, event_store_id, aggregate_id)});
        ++handed_out;
      }
      has_rows = page.rows.rows() > 0;
      if (has_rows) result.head = page.rows.integer(0, 9);
    }
    if (!has_rows) result.head = last_number(after);
    result.is_caught_up = result.head <= result.next;
    return result;
  }

  bool wait_for_events(Position after, std::chrono::milliseconds at_most, const StopToken& stop_token) {
    constexpr std::chrono::milliseconds shortest{10};
    constexpr std::chrono::milliseconds longest{250};
    const auto deadline = Signal::deadline(at_most);
    for (auto pause = shortest;; pause = (std::min)(2 * pause, longest)) {
      const std::uint64_t seen = pushes_.load();
      bool is_held = false;
      if (has_next(after, is_held)) return true;
      const auto now = Signal::Clock::now();
      if (now >= deadline || stop_token.stop_requested()) return false;
      const auto look_again = (std::min)(deadline, now + pause);
      // What holds the feed ends without a signal.
      pushed_.wait_until(look_again, stop_token, [&] { return !is_held && pushes_.load() != seen; });
      if (pushes_.load() != seen) pause = shortest;
    }
  }
  /// Wakes those who wait for events.
  void tell_pushed() noexcept {
    pushes_.fetch_add(1);
    pushed_.raise();
  }

  FeedStatus feed_status() {
    FeedStatus status;
    status.settled = probe().position;
    status.head = last_number(0);
    const auto rows = ask(PostgresStatement::holder);
    if (rows.rows() > 0) {
      status.held_by =
          FeedHolder{rows.integer(0, 0), std::chrono::milliseconds{rows.integer(0, 1)}, std::string{rows.text(0, 2)}};
    }
    return status;
  }

 private:
  static constexpr std::string_view reading_all = "read all events of";

  /// @throws StorageError when numbers are not an order that can be followed.
  void check_order(PostgresConnection& connection) {
    if (connection.has_order()) return;
    const auto facts = query_postgres(connection, reading_all, PostgresStatement::order_facts, {}, {});
    if (facts.integer(0, 0) != 0) {
      throw StorageError{"cannot read all events of " + connection.name() +
                         ": it is a standby, where open transactions cannot be seen; connect to the primary, e.g. by "
                         "target_session_attrs=read-write"};
    }
    if (facts.integer(0, 1) > 1 || facts.integer(0, 2) < 1) {
      throw StorageError{"cannot read all events of " + connection.name() +
                         ": the sequence of column id does not give its numbers in order (CACHE " +
                         std::to_string(facts.integer(0, 1)) + ", INCREMENT " + std::to_string(facts.integer(0, 2)) +
                         "); change it by ALTER SEQUENCE ... CACHE 1 INCREMENT 1, and let programs that push connect "
                         "again"};
    }
    connection.set_has_order();
    operations_.order().forget();
  }

  PostgresResult ask(PostgresStatement statement, const PostgresValues& values = {},
                     std::initializer_list<PostgresType> types = {}) {
    return operations_.run([&](PostgresConnection& connection) {
      check_order(connection);
      return query_postgres(connection, reading_all, statement, values, types);
    });
  }

  Position last_number(Position seen) {
    PostgresValues values;
    values.integer(seen);
    return ask(PostgresStatement::last_number, values).integer(0, 0);
  }

  /// Asks the server who may still fill gaps. @return Up to where nobody can.
  PostgresOrder::Settled probe() {
    std::uint64_t generation = 0;
    const auto rows = operations_.run([&](PostgresConnection& connection) {
      check_order(connection);
      generation = operations_.order().generation();
      return query_postgres(connection, reading_all, PostgresStatement::probe, {}, {});
    });
    PostgresOrder::Probe probe{rows.integer(0, 0), rows.integer(0, 1), {}};
    for (int row = 0; row < rows.rows(); ++row) {
      if (const auto holder = rows.text(row, 2); holder.data() != nullptr) probe.holders.emplace_back(holder);
    }
    operations_.order().learn(std::move(probe), generation);
    return operations_.order().settled();
  }

  struct Page {
    PostgresResult rows;
    PostgresOrder::Identity identity = 0;
    int end = 0;       ///< The row before which the first gap is that may still be filled.
    Position gap = 0;  ///< Its last number; 0 when there is none.
  };
  Page read_page(Position after, std::size_t limit, const ReadAllEventsOptions& options) {
    const auto settled = operations_.order().settled();  // before the page is read
    const auto texts = [](std::span<const std::string_view> wanted) {
      PostgresArray array{PostgresType::text, wanted.size()};
      for (const std::string_view each : wanted) array.text(each);
      return array;
    };
    const auto event_store_ids = texts(options.event_store_ids);
    const auto event_types = texts(options.types);
    Position last = (std::max)(after, Position{0});
    PostgresValues values;
    values.integer(last).limit(limit);
    values.texts(event_store_ids, options.event_store_ids.empty()).texts(event_types, options.types.empty());
    using enum PostgresType;
    Page page{.rows = ask(PostgresStatement::read_all, values,
                          {bigint, text, text, bigint, text, timestamptz, jsonb, jsonb, bigint, bigint})};
    const int rows = page.rows.rows();
    if (rows > 0) page.identity = page.rows.integer(0, 8);
    const Position known = settled.of(page.identity);
    for (; page.end < rows; ++page.end) {
      const Position next = page.rows.integer(page.end, 0);
      if (next - 1 > (std::max)(last, known)) {
        page.gap = next - 1;
        break;
      }
      last = next;
    }
    return page;
  }

  /// @param is_held Set to whether there is one behind a gap that may still be filled.
  bool has_next(Position after, bool& is_held) {
    const auto settled = operations_.order().settled();  // before the number is read
    const Position last = (std::max)(after, Position{0});
    PostgresValues values;
    values.integer(last);
    const auto rows = ask(PostgresStatement::next_number, values);
    if (rows.rows() == 0) return false;
    const Position gap = rows.integer(0, 0) - 1;
    const PostgresOrder::Identity identity = rows.integer(0, 1);
    if (gap <= (std::max)(last, settled.of(identity))) return true;
    is_held = probe().of(identity) < gap;
    return !is_held;
  }

  PostgresOperations& operations_;
  Signal pushed_;
  std::atomic<std::uint64_t> pushes_{0};  // by this adapter
};

}  // namespace castore::detail

#endif
