// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_CONNECTION_HPP
#define CASTORE_ADAPTERS_SQLITE_CONNECTION_HPP

#include <castore/adapters/sqlite/errors.hpp>
#include <castore/adapters/sqlite/place.hpp>
#include <castore/core/errors.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

static_assert(SQLITE_VERSION_NUMBER >= 3'037'000,
              "castore: the SQLite adapter needs SQLite 3.37 or newer (STRICT tables)");

namespace castore::detail {

/// One connection to a database and its prepared statements. One thread at a time may use it.
class SqliteConnection {
 public:
  /// @param path Absolute, as where URIs are switched on for the whole process "file:x" is not a file of that name.
  /// @param flags Of sqlite3_open_v2; the connection needs no mutex of SQLite's own.
  SqliteConnection(const std::string& path, int flags, const SqliteFile& file, std::string_view action = "open")
      : file_{file} {
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(handle);
    if (handle != nullptr) sqlite3_extended_result_codes(handle, 1);
    if (code != SQLITE_OK) fail(action, handle == nullptr ? code : sqlite3_extended_errcode(handle));
    sqlite3_busy_handler(handle, &SqliteConnection::wait_when_busy, this);
  }
  // SQLite holds a pointer to this object.
  SqliteConnection(SqliteConnection&&) = delete;

  sqlite3* handle() const noexcept { return handle_.get(); }
  const SqliteFile& file() const noexcept { return file_; }

  [[noreturn]] void fail(std::string_view action, int code) const {
    if (code == SQLITE_CONSTRAINT_COMMITHOOK) fail_moved(action);
    throw_sqlite_error(file_, action, code, handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code),
                       handle_ ? sqlite3_system_errno(handle_.get()) : 0);
  }
  [[noreturn]] void fail_moved(std::string_view action) const { throw_sqlite_moved(file_, action, place_); }

  /// Remembers which files these are. From now on nothing is committed to them once they are not in their place.
  void set_place(const std::string& path, std::string_view action) {
    const char* const real_path = frozen_ ? nullptr : sqlite3_db_filename(handle_.get(), "main");
    place_ = SqlitePlace{path, real_path == nullptr ? std::string{} : std::string{real_path}};
    int has_moved = 0;
    sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    if (has_moved != 0) fail_moved(action);
    sqlite3_commit_hook(
        handle_.get(), [](void* self) { return static_cast<SqliteConnection*>(self)->place_.is_in_place() ? 0 : 1; },
        this);
  }
  const SqlitePlace& place() const noexcept { return place_; }
  /// Uses what another connection to the same files knows of them.
  void share_place(const SqlitePlace& place) { place_ = place; }
  /// @throws StorageError when others find another file at one of the paths, or none.
  void check_in_place(std::string_view action) const {
    if (!place_.is_in_place()) fail_moved(action);
  }

  /// The file was opened without locks and log, as nobody had it open for writing; holds while it is as it was.
  void set_frozen(const SqliteStamp& stamp) { frozen_ = stamp; }
  bool is_frozen() const noexcept { return frozen_.has_value(); }
  bool is_outdated() const noexcept { return frozen_ && SqliteStamp::of(place_.path()) != frozen_; }
  /// To be called at the end of reading. @throws StorageError when what was read may be of two states of the file
  void check_unchanged(std::string_view action) const {
    if (!is_outdated()) return;
    throw StorageError{
        "cannot " + std::string{action} + " " + file_.name() + ": another program wrote to it meanwhile; do it again",
        true};
  }

  /// Counts the pages of the write-ahead log from now on, and leaves its checkpoints to the caller.
  void count_log_pages() {
    sqlite3_wal_hook(
        handle_.get(),
        [](void* self, sqlite3*, const char*, int pages) {
          static_cast<SqliteConnection*>(self)->log_pages_ = pages;
          return SQLITE_OK;
        },
        this);
  }
  /// In the log after the last commit.
  int log_pages() const noexcept { return log_pages_; }

  /// Writes the log into the file as far as its readers allow.
  void checkpoint() noexcept {
    sqlite3_wal_checkpoint_v2(handle_.get(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }
  /// Waits for those who read the log, and empties it. SQLite looks at the oldest page of a reader once, and then waits
  /// for whoever reads in its place, which later readers of newer pages can keep taken; so it is asked again and again.
  bool empty_log(std::chrono::milliseconds at_most) noexcept {
    constexpr std::chrono::milliseconds one_try{20};
    const auto end = std::chrono::steady_clock::now() + at_most;
    int code = SQLITE_OK;
    do {
      deadline_ = (std::min)(std::chrono::steady_clock::now() + one_try, end);
      code = sqlite3_wal_checkpoint_v2(handle_.get(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    } while (code == SQLITE_BUSY && deadline_ < end);
    deadline_.reset();
    if (code == SQLITE_OK) log_pages_ = 0;
    return code == SQLITE_OK;
  }

  /// The prepared statement of this text. It is kept; `sql` is a literal, known by its address.
  sqlite3_stmt* prepared(const char* sql, std::string_view action) {
    for (const auto& [text, statement] : statements_) {
      if (text == sql) return statement.get();
    }
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) fail(action, code);
    return statements_.emplace_back(sql, StatementPtr{statement}).statement.get();
  }

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };

 public:
  using StatementPtr = std::unique_ptr<sqlite3_stmt, Close>;

  /// Prepares the first statement of a text, or takes one that was put back. A null pointer when there is none.
  /// @param length Of the statement in the text.
  StatementPtr take(std::string_view sql, std::size_t& length, std::string_view action) {
    if (const auto found = kept_.find(sql); found != kept_.end()) {
      length = sql.size();
      return std::move(kept_.extract(found).mapped());
    }
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, &rest);
    if (code != SQLITE_OK) fail(action, code);
    length = static_cast<std::size_t>(rest - sql.data());
    return StatementPtr{statement};
  }
  /// Keeps a statement that is a whole text, and not too many of them.
  void put_back(std::string_view sql, StatementPtr statement) {
    constexpr std::size_t most_kept = 200;
    sqlite3_reset(statement.get());
    sqlite3_clear_bindings(statement.get());
    if (kept_.size() >= most_kept) kept_.clear();
    kept_.insert_or_assign(std::string{sql}, std::move(statement));
  }

 private:
  struct Prepared {
    Prepared(const char* text_, StatementPtr statement_) : text{text_}, statement{std::move(statement_)} {}
    const char* text;
    StatementPtr statement;
  };

  // SQLite's own handler sleeps up to 100 ms at a time: among processes that push without a pause it then finds a free
  // moment too rarely and gives up although nobody holds the lock for long.
  static int wait_when_busy(void* self, int attempt) noexcept {
    auto& connection = *static_cast<SqliteConnection*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (attempt == 0) connection.busy_since_ = now;
    // In milliseconds, so that no busy timeout is too long to be compared.
    if (connection.deadline_ ? now >= *connection.deadline_
                             : std::chrono::floor<std::chrono::milliseconds>(now - connection.busy_since_) >=
                                   connection.file_.busy_timeout) {
      return 0;
    }
    std::this_thread::sleep_for(std::chrono::microseconds{100} * (std::min)(attempt + 1, 20));
    return 1;
  }

  SqliteFile file_;
  SqlitePlace place_;
  std::optional<SqliteStamp> frozen_;
  int log_pages_ = 0;
  std::chrono::steady_clock::time_point busy_since_{};
  std::optional<std::chrono::steady_clock::time_point> deadline_;  // of all that one call waits for
  std::unique_ptr<sqlite3, Close> handle_;
  std::vector<Prepared> statements_;
  std::map<std::string, StatementPtr, std::less<>> kept_;
};

}  // namespace castore::detail

#endif
