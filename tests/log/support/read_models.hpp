// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_LOG_SUPPORT_READ_MODELS_HPP
#define CASTORE_TESTS_LOG_SUPPORT_READ_MODELS_HPP

/// @file
/// A read model that tells by its rows which events it saw, how often and in which order, in any storage. A storage is
/// given by a class `Log`: `Storage` and `Transaction` are its types, `open()` gives a pointer to an adapter, another
/// one where there may be several, and `model()` the rows of a read model, those of a number for each version.

#include <castore/castore.hpp>
#include <castore/core/sql_row.hpp>
#include <castore/log.hpp>
#include "core/pokemons.hpp"

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace log_tests {

using castore::EventInfo;
using castore::Position;
using castore::Version;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;

/// What was seen of an aggregate.
struct Seen {
  std::int64_t events = 0;
  std::int64_t trace = 0;  ///< Another number for each order of the versions.

  void add(Version version) {
    ++events;
    trace = (trace * 31 + version) % 1'000'003;
  }
};

inline std::string text_of(const std::map<std::string, Seen>& rows) {
  std::string text;
  for (const auto& [id, seen] : rows) {
    text += id + "=" + std::to_string(seen.events) + ":" + std::to_string(seen.trace) + " ";
  }
  return text;
}

constexpr Position last_position = (std::numeric_limits<Position>::max)();

/// What a read model must be that has seen the events of a store up to a position.
template <class Storage>
std::string fold(Storage& storage, Position last, std::string_view event_store_id = "POKEMONS") {
  std::map<std::string, Seen> rows;
  castore::ReadAllEventsResult result;
  const auto add = [&](const castore::SequencedEventView& place) {
    if (place.position <= last) rows[std::string{place.event.aggregate_id}].add(place.event.version);
  };
  while (!result.is_caught_up) {
    result = storage.read_all_events(result.next, {.event_store_ids = {&event_store_id, 1}}, add);
  }
  return text_of(rows);
}

/// Rows in a table of SQLite or PostgreSQL, by statements that are the same for both.
template <class Transaction>
struct SqlModel {
  std::string table;

  void create(Transaction& tx) const {
    tx.execute("CREATE TABLE " + table + " (id TEXT PRIMARY KEY, events BIGINT NOT NULL, trace BIGINT NOT NULL)");
  }
  void drop(Transaction& tx) const { tx.execute("DROP TABLE " + table); }
  void add(Transaction& tx, std::string_view id, Version version) const {
    tx.execute("INSERT INTO " + table +
                   " AS m (id, events, trace) VALUES ($1, 1, $2) ON CONFLICT (id) DO UPDATE SET events = m.events + 1,"
                   " trace = (m.trace * 31 + excluded.trace) % 1000003",
               id, version);
  }
  /// In PostgreSQL it is known some statements later.
  void fail(Transaction& tx) const { tx.execute("INSERT INTO " + table + " (id) VALUES ($1)", "\xC3\xA9"); }
  std::string read(Transaction& tx) const {
    std::map<std::string, Seen> rows;
    for (const castore::SqlRow& row : tx.query("SELECT id, events, trace FROM " + table)) {
      rows[row.template get<std::string>(0)] = {row.template get<std::int64_t>(1), row.template get<std::int64_t>(2)};
    }
    return text_of(rows);
  }
};

/// Rows in this process.
struct MemoryModel {
  std::shared_ptr<std::map<std::string, Seen>> rows = std::make_shared<std::map<std::string, Seen>>();

  void create(castore::InMemoryTransaction& tx) const { tx.set(*rows, std::map<std::string, Seen>{}); }
  void drop(castore::InMemoryTransaction& tx) const { create(tx); }
  void add(castore::InMemoryTransaction& tx, std::string_view id, Version version) const {
    std::map<std::string, Seen> changed = *rows;
    changed[std::string{id}].add(version);
    tx.set(*rows, std::move(changed));
  }
  void fail(castore::InMemoryTransaction&) const { throw std::runtime_error{"no room for \xFF"}; }
  std::string read(castore::InMemoryTransaction&) const { return text_of(*rows); }
};

/// Follows all events of a store; fails at Pokemons of no level until they may have none.
template <class Log, int number = 1>
struct Trace {
  using Transaction = typename Log::Transaction;
  static constexpr std::string_view name = "trace";
  static constexpr int version = number;

  explicit Trace(const Log& log) : model{log.model(number)} {}

  void create(Transaction& tx) const { model.create(tx); }
  void drop(Transaction& tx) const { model.drop(tx); }
  template <class Payload>
    requires castore::EventPayload<Payload>
  void operator()(Transaction& tx, const Payload& event, const EventInfo<Payload>& info) const {
    model.add(tx, info.aggregate_id, info.version);
    if constexpr (std::same_as<Payload, PokemonAppeared>) {
      if (event.level == 0) model.fail(tx);
    }
  }

  decltype(std::declval<const Log&>().model(number)) model;
};

/// The same in batches.
template <class Log>
struct BatchTrace {
  using Transaction = typename Log::Transaction;
  static constexpr std::string_view name = "batch_trace";
  static constexpr int version = 1;

  explicit BatchTrace(const Log& log) : model{log.model(9)} {}

  void create(Transaction& tx) const { model.create(tx); }
  void apply(Transaction& tx, std::span<const PokemonStore::Event> events) const {
    for (const PokemonStore::Event& event : events) model.add(tx, event.aggregate_id(), event.version());
  }

  decltype(std::declval<const Log&>().model(9)) model;
};

template <class Storage, class Model>
std::string read(Storage& storage, const Model& model) {
  std::string text;
  storage.transact([&](typename Storage::Transaction& tx) { text = model.read(tx); });
  return text;
}

}  // namespace log_tests

#endif
