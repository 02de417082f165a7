// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_GIT_HISTORY_READ_MODEL_HPP
#define CASTORE_EXAMPLES_GIT_HISTORY_READ_MODEL_HPP

/// @file
/// Tables made of the events, in the same file: how often each file changed, and who changed how much. They are
/// followed while commits are imported, and have two versions, of which the second is built next to the first.

#include "events.hpp"
#include "text.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>

#include <cstdint>
#include <exception>
#include <iomanip>
#include <ostream>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>

namespace git_history {

/// @brief Version 1: two counters.
struct Changes1 {
  static constexpr std::string_view name = "changes";
  static constexpr int version = 1;

  void create(castore::SqliteTransaction& tx) const {
    tx.execute(
        "CREATE TABLE changes_of_file_1 (file TEXT PRIMARY KEY, changes INTEGER NOT NULL) STRICT;"
        "CREATE TABLE changes_of_author_1 (author TEXT PRIMARY KEY, changes INTEGER NOT NULL) STRICT");
  }
  void drop(castore::SqliteTransaction& tx) const {
    tx.execute("DROP TABLE changes_of_file_1; DROP TABLE changes_of_author_1");
  }
  /// The views are what others ask.
  void activate(castore::SqliteTransaction& tx) const {
    tx.execute(
        "DROP VIEW IF EXISTS changes_of_file; DROP VIEW IF EXISTS changes_of_author;"
        "CREATE VIEW changes_of_file AS SELECT file, changes FROM changes_of_file_1;"
        "CREATE VIEW changes_of_author AS SELECT author, changes FROM changes_of_author_1");
  }
  template <class Payload>
  void operator()(castore::SqliteTransaction& tx, const Payload& event, const castore::EventInfo<Payload>& info) const {
    tx.execute("INSERT INTO changes_of_file_1 VALUES (?, 1) ON CONFLICT DO UPDATE SET changes = changes + 1",
               info.aggregate_id);
    tx.execute("INSERT INTO changes_of_author_1 VALUES (?, 1) ON CONFLICT DO UPDATE SET changes = changes + 1",
               event.author);
  }
};

/// @brief Version 2: who changed which file, of which the views of version 1 are sums.
struct Changes2 {
  static constexpr std::string_view name = "changes";
  static constexpr int version = 2;

  void create(castore::SqliteTransaction& tx) const {
    tx.execute(
        "CREATE TABLE changes_2 (file TEXT, author TEXT, changes INTEGER NOT NULL, PRIMARY KEY (file, author)) STRICT");
  }
  void drop(castore::SqliteTransaction& tx) const { tx.execute("DROP TABLE changes_2"); }
  void activate(castore::SqliteTransaction& tx) const {
    tx.execute(
        "DROP VIEW IF EXISTS changes_of_file; DROP VIEW IF EXISTS changes_of_author;"
        "CREATE VIEW changes_of_file AS"
        " SELECT file, sum(changes) AS changes, count(*) AS authors FROM changes_2 GROUP BY file;"
        "CREATE VIEW changes_of_author AS"
        " SELECT author, sum(changes) AS changes, count(*) AS files FROM changes_2 GROUP BY author");
  }
  template <class Payload>
  void operator()(castore::SqliteTransaction& tx, const Payload& event, const castore::EventInfo<Payload>& info) const {
    tx.execute("INSERT INTO changes_2 VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET changes = changes + 1",
               info.aggregate_id, event.author);
  }
};

/// @brief Follows the events on a thread of its own, from where it stopped in an earlier run.
template <class Changes>
class Follower {
 public:
  Follower(castore::SqliteEventStorageAdapter& storage, FileStore& files)
      : storage_{storage}, list_{storage, std::tie(files), Changes{}} {}

  /// @brief Handles what is left, and shows this version to those who ask the views. @throws What the thread met.
  void finish() {
    thread_ = {};
    if (error_) std::rethrow_exception(error_);
    list_.catch_up();
    castore::ProjectionVersions{storage_, std::string{Changes::name}}.activate(Changes{});
  }

 private:
  void run(const std::stop_token& stop) noexcept {
    try {
      list_.run(stop);
    } catch (...) {
      error_ = std::current_exception();
    }
  }

  castore::SqliteEventStorageAdapter& storage_;
  castore::AsyncProjection<castore::SqliteEventStorageAdapter, Changes, FileStore> list_;
  std::exception_ptr error_{};
  std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};
};

/// @brief The authors with the most changes in all that is recorded, asked by plain SQL.
inline void show_authors(castore::SqliteEventStorageAdapter& storage, std::ostream& out) {
  out << "\nthe authors with the most changes\n";
  storage.transact([&out](castore::SqliteTransaction& tx) {
    for (const castore::SqlRow& row :
         tx.query("SELECT changes, author FROM changes_of_author ORDER BY changes DESC, author LIMIT 10")) {
      const std::string author = row.get<std::string>(1);
      out << std::setw(8) << row.get<std::int64_t>(0) << "  " << printable(unescape(author).value_or(author)) << '\n';
    }
  });
}

}  // namespace git_history

#endif
