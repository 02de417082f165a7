// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_PLACE_HPP
#define CASTORE_ADAPTERS_SQLITE_PLACE_HPP

/// @file
/// Whether the files that are open are still those that others find at their paths.

#include <castore/adapters/sqlite/errors.hpp>
#include <castore/detail/text.hpp>

#include <sqlite3.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <system_error>

#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace castore::detail {

inline std::filesystem::path sqlite_path(std::string_view utf8) {
  return std::filesystem::path{std::u8string{utf8.begin(), utf8.end()}};
}

/// The same file from every folder the process may change to. Links are kept, so that a link that is set to another
/// file is noticed.
inline std::string absolute_sqlite_path(const std::string& path) {
  std::error_code error;
  const std::u8string absolute = std::filesystem::absolute(sqlite_path(path), error).u8string();
  return error ? path : std::string{absolute.begin(), absolute.end()};
}

/// Which file it is, whatever its name.
struct SqliteFileId {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  friend bool operator==(const SqliteFileId&, const SqliteFileId&) = default;
};

/// Nothing when there is no file, and on Windows, where a file that is open can neither be moved nor deleted.
inline std::optional<SqliteFileId> sqlite_file_id(const std::string& path) noexcept {
#if defined(_WIN32)
  static_cast<void>(path);
  return std::nullopt;
#else
#if defined(__GLIBC__) && defined(__USE_LARGEFILE64)
  struct stat64 status {};  // on 32 bits the other one fails for files of 2 GiB, and for some numbers of files
  if (stat64(path.c_str(), &status) != 0) return std::nullopt;
#else
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
#endif
  const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };  // of types that differ by system
  return SqliteFileId{number(status.st_dev), number(status.st_ino)};
#endif
}

/// Tells cheaply that no file of a folder was created, moved or deleted, where the system can (not on Windows).
class SqliteFolder {
 public:
  using Time = std::chrono::nanoseconds;

#if defined(_WIN32)
  explicit SqliteFolder(const std::string&) noexcept {}
  std::optional<Time> changed() const noexcept { return std::nullopt; }
#else
  explicit SqliteFolder(const std::string& path) noexcept : folder_{open(path.c_str(), O_RDONLY | O_CLOEXEC)} {}
  ~SqliteFolder() {
    if (folder_ >= 0) close(folder_);
  }
  /// When that happened last, by the system's clock.
  std::optional<Time> changed() const noexcept {
    struct stat status {};
    if (folder_ < 0 || fstat(folder_, &status) != 0) return std::nullopt;
#if defined(__APPLE__)
    const timespec& time = status.st_mtimespec;
#else
    const timespec& time = status.st_mtim;
#endif
    return std::chrono::seconds{time.tv_sec} + Time{time.tv_nsec};
  }
#endif
  SqliteFolder(SqliteFolder&&) = delete;

  bool is_checked(const std::optional<Time>& changed) const noexcept {
    return changed && changed->count() == checked_.load(std::memory_order_relaxed);
  }
  /// The files were found in their places after that change. It is not trusted while the next change could have the
  /// same time: for a tick of the system's clock, or where the file system keeps no parts of a second, for up to two
  /// seconds.
  void set_checked(const std::optional<Time>& changed) noexcept {
    if (!changed) return;
    const bool is_coarse = changed->count() % std::nano::den == 0;
    const Time step = is_coarse ? Time{std::chrono::seconds{3}} : Time{std::chrono::milliseconds{50}};
    if (std::chrono::system_clock::now().time_since_epoch() - *changed < step) return;
    checked_.store(changed->count(), std::memory_order_relaxed);
  }

 private:
  int folder_ = -1;
  std::atomic<Time::rep> checked_{(std::numeric_limits<Time::rep>::min)()};
};

/// The paths of a database, of its write-ahead log and of the log's index, and the files that were there. What was not
/// there (in memory, or where SQLite keeps no such files) is not missed.
class SqlitePlace {
 public:
  SqlitePlace() = default;
  /// @param path As the user calls it. @param real_path As SQLite does, whose other files lie next to it; empty when
  /// the connection uses none of them.
  SqlitePlace(const std::string& path, const std::string& real_path) : files_{File{path, sqlite_file_id(path)}} {
    if (real_path.empty()) return;
    files_[1] = {real_path + "-wal", sqlite_file_id(real_path + "-wal")};
    files_[2] = {real_path + "-shm", sqlite_file_id(real_path + "-shm")};
    folder_ = std::make_shared<SqliteFolder>(real_path.substr(0, real_path.find_last_of('/') + 1));
  }

  const std::string& path() const noexcept { return files_[0].path; }

  bool is_in_place() const noexcept {
    if (!folder_) return missing().empty();
    if (is_missing(files_[0])) return false;
    const auto changed = folder_->changed();
    if (folder_->is_checked(changed)) return true;
    if (!missing().empty()) return false;
    folder_->set_checked(changed);
    return true;
  }
  /// A path at which the file is not any more; empty when each is in its place.
  std::string_view missing() const noexcept {
    for (const File& file : files_) {
      if (is_missing(file)) return file.path;
    }
    return {};
  }
  bool has_same_database(const SqlitePlace& other) const noexcept { return files_[0].id == other.files_[0].id; }
  bool has_same_files(const SqlitePlace& other) const noexcept {
    return has_same_database(other) && files_[1].id == other.files_[1].id && files_[2].id == other.files_[2].id;
  }

 private:
  struct File {
    std::string path{};
    std::optional<SqliteFileId> id{};
  };
  static bool is_missing(const File& file) noexcept { return file.id && sqlite_file_id(file.path) != file.id; }

  std::array<File, 3> files_{};
  std::shared_ptr<SqliteFolder> folder_;
};

/// @throws StorageError
[[noreturn]] inline void throw_sqlite_moved(const SqliteFile& file, std::string_view action, const SqlitePlace& place) {
  const std::string_view missing = place.missing();
  throw_sqlite_error(
      file, action, SQLITE_READONLY_DBMOVED,
      "what is at " + in_quotes(missing.empty() ? place.path() : missing) + " is not the file that was opened");
}

/// What tells that nobody has written to a database that nobody has open for writing: its log is empty, and size and
/// time of its file are the same.
class SqliteStamp {
 public:
  /// Nothing where there is no such file, or its log holds something.
  static std::optional<SqliteStamp> of(const std::string& path) noexcept {
    try {
      std::error_code error;
      SqliteStamp stamp;
      const auto file = std::filesystem::canonical(sqlite_path(path));
      stamp.size_ = std::filesystem::file_size(file);
      stamp.time_ = std::filesystem::last_write_time(file);
      auto log = file;
      log += "-wal";
      const auto log_size = std::filesystem::file_size(log, error);
      if (!error && log_size > 0) return std::nullopt;
      return stamp;
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }

  /// False when the file was written to so lately that the next write could have the same time: for a tick of the
  /// system's clock, or where times have no parts of a second (by libstdc++ on Windows), for up to three seconds.
  bool is_settled() const noexcept {
    const auto age = std::filesystem::file_time_type::clock::now() - time_;
    const bool is_coarse = time_.time_since_epoch() % std::chrono::seconds{1} == time_.time_since_epoch().zero();
    const std::chrono::milliseconds step = is_coarse ? std::chrono::seconds{3} : resolution;
    return age >= step || age < -step;
  }
  static constexpr std::chrono::milliseconds resolution{50};

  friend bool operator==(const SqliteStamp&, const SqliteStamp&) = default;

 private:
  std::uintmax_t size_ = 0;
  std::filesystem::file_time_type time_{};
};

}  // namespace castore::detail

#endif
