// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_ADAPTERS_SUPPORT_SQLITE_HPP
#define CASTORE_TESTS_ADAPTERS_SUPPORT_SQLITE_HPP

/// @file
/// What the tests of the SQLite adapter share: a folder for files, SQLite without the adapter, and short spellings.

#include <castore/adapters/sqlite.hpp>

#include "support/catch.hpp"
#include "support/records.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace castore::sqlite_tests {

using namespace record_tests;

/// A folder that ends with the test, open to every user.
class TempDirectory {
 public:
  TempDirectory() {
    std::random_device random;
    do {
      path_ = std::filesystem::temp_directory_path() / ("castore-sqlite-" + std::to_string(random()));
    } while (!std::filesystem::create_directory(path_));
    std::filesystem::permissions(path_, std::filesystem::perms{0755});
  }
  TempDirectory(TempDirectory&&) = delete;
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const noexcept { return path_; }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

  /// Every file by name with its bytes.
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{path_}) {
      std::string& bytes = files[entry.path().filename().string()];
      std::ifstream file{entry.path(), std::ios::binary};
      if (entry.is_regular_file()) bytes.assign(std::istreambuf_iterator<char>{file}, {});
    }
    return files;
  }

 private:
  std::filesystem::path path_;
};

/// Plain sqlite3, as another program would use it. Rows are joined by '|', columns NULL as "NULL".
class PlainSqlite {
 public:
  explicit PlainSqlite(const std::string& path, const char* vfs = nullptr) {
    if (sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs) != SQLITE_OK) {
      throw std::runtime_error{"plain sqlite3 cannot open " + path};
    }
  }
  PlainSqlite(PlainSqlite&&) = delete;
  ~PlainSqlite() { sqlite3_close_v2(handle_); }

  std::vector<std::string> rows(const std::string& sql) {
    std::vector<std::string> result;
    const auto add = [](void* rows, int columns, char** values, char**) {
      std::string row;
      for (int column = 0; column < columns; ++column) {
        row += (column > 0 ? "|" : "") + std::string{values[column] == nullptr ? "NULL" : values[column]};
      }
      static_cast<std::vector<std::string>*>(rows)->push_back(row);
      return 0;
    };
    if (sqlite3_exec(handle_, sql.c_str(), add, &result, nullptr) != SQLITE_OK) {
      throw std::runtime_error{sql + ": " + sqlite3_errmsg(handle_)};
    }
    return result;
  }
  std::string value(const std::string& sql) {
    const auto all = rows(sql);
    return all.size() == 1 ? all.front() : std::to_string(all.size()) + " rows";
  }
  sqlite3* handle() const noexcept { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

/// A StorageError, taken apart.
struct Failure {
  std::string what;
  bool retryable;
  std::optional<int> code;  ///< Of the nested SqliteError.
  StorageError::Outcome outcome = StorageError::Outcome::not_done;

  bool says(std::string_view text) const { return contains(what, text); }
};

inline Failure failure(const StorageError& error) {
  try {
    std::rethrow_if_nested(error);
  } catch (const SqliteError& native) {
    return {error.what(), error.retryable(), native.code(), error.outcome()};
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

inline Failure failure_to_open(const std::string& path, SqliteEventStorageAdapterOptions options = {}) {
  return failure_of([&] { SqliteEventStorageAdapter storage{path, options}; });
}

/// What became of a push in a thread of its own.
struct Result {
  std::optional<PushOutcome> outcome{};
  std::optional<Failure> failure{};
};

/// Runs every push in a thread of its own while another program holds the lock, so that they meet.
inline std::vector<Result> push_at_once(
    SqliteEventStorageAdapter& storage, PlainSqlite& other, const std::vector<std::vector<PushRecord>>& pushes,
    const std::function<void()>& release = [] {}) {
  std::vector<Result> results(pushes.size());
  other.rows("BEGIN IMMEDIATE");
  {
    std::vector<std::jthread> threads;
    for (std::size_t index = 0; index < pushes.size(); ++index) {
      threads.emplace_back([&, index] {
        try {
          results[index].outcome = storage.push_events(pushes[index], {});
        } catch (const StorageError& error) {
          results[index].failure = failure(error);
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    release();
    other.rows("COMMIT");
  }
  return results;
}

}  // namespace castore::sqlite_tests

#endif
