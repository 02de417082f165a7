// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_ERRORS_HPP
#define CASTORE_ADAPTERS_SQLITE_ERRORS_HPP

#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

namespace castore {

/// @brief What SQLite itself said; nested in the `StorageError` of a `SqliteEventStorageAdapter`.
/// **Handling:** as that of the `StorageError` around it. For a report: `code()` is explained on
/// https://www.sqlite.org/rescode.html.
class CASTORE_DETAIL_THROWN SqliteError : public std::runtime_error {
 public:
  /// @brief What the adapter makes of a result code that is an error.
  SqliteError(int code, const std::string& what) : std::runtime_error{detail::safe_text(what)}, code_{code} {}

  /// @brief SQLite's extended result code; the primary one is its lowest byte.
  int code() const noexcept { return code_; }

 private:
  int code_;
};

namespace detail {

/// What an error message says about a database.
struct SqliteFile {
  std::string path;
  std::chrono::milliseconds busy_timeout;
  bool read_only = false;

  std::string name() const { return "SQLite file " + in_quotes(path); }
};

/// The action of a push.
inline constexpr std::string_view sqlite_pushing = "push to";

struct SqliteTranslation {
  int code;
  bool retryable;
  std::string_view text;
};

inline constexpr std::string_view sqlite_not_closed =
    "the program that wrote to it was killed, and what it left can only be put in order by one that may write: open "
    "the file once without read_only";

/// What stands instead where it says more than the code.
inline constexpr SqliteTranslation sqlite_no_descriptors{SQLITE_CANTOPEN, true,
                                                         "this process has as many files open as it may; close some, "
                                                         "allow it more (ulimit -n), or give the adapter a smaller "
                                                         "max_readers"};
inline constexpr SqliteTranslation sqlite_not_readable{
    SQLITE_CANTOPEN, false,
    "it does not exist or may not be read, or a program that was killed left its -wal in a folder that is read-only; "
    "an adapter that is read_only creates nothing: open the file once without read_only"};

/// An extended code stands before the primary code it belongs to; the first that fits is taken.
inline constexpr SqliteTranslation sqlite_translations[] = {
    {SQLITE_IOERR_NOMEM, false, "there is not enough memory; free some and do it again"},
    {SQLITE_IOERR_CORRUPTFS, false, "its file system is damaged; check it, then restore the file from a backup"},
    {SQLITE_IOERR_SHMSIZE, false, "there is no room for its -shm file; free some space on its disk and do it again"},
    {SQLITE_READONLY_DBMOVED, false,
     "the file, or its -wal or -shm next to it, was moved, deleted or replaced while it was open; put it back, or "
     "close every program that uses it and open it again"},
    {SQLITE_READONLY_ROLLBACK, false, sqlite_not_closed},
    {SQLITE_READONLY_RECOVERY, false, sqlite_not_closed},
    {SQLITE_READONLY_CANTINIT, false, sqlite_not_closed},
    {SQLITE_BUSY, true,
     "it was locked by another process for longer than the busy timeout of {busy_timeout} ms; "
     "do it again, or give the adapter a longer busy_timeout"},
    {SQLITE_LOCKED, true, "it is locked by another connection of this process; do it again"},
    {SQLITE_PROTOCOL, true, "its locks are contended by other processes; do it again"},
    {SQLITE_FULL, false, "the disk is full and nothing was written; free some space and do it again"},
    {SQLITE_READONLY, false,
     "it is read-only; let this process write to the file and to its folder, or choose another file"},
    {SQLITE_PERM, false, "access was denied; let this process write to the file and to its folder"},
    {SQLITE_CANTOPEN, false,
     "it cannot be opened or created; see that its folder exists, that the path is not a folder itself, and that this "
     "process may write to both"},
    {SQLITE_NOTADB, false, "it is not an SQLite database, or an encrypted one; choose another file"},
    {SQLITE_CORRUPT, false,
     "it is damaged; restore it from a backup, or save what can be read with the command .recover of the sqlite3 "
     "program"},
    {SQLITE_IOERR, false, "reading or writing failed; check the disk and its free space"},
    {SQLITE_TOOBIG, false,
     "an event is larger than SQLite allows and nothing was written; keep large data elsewhere and its address in the "
     "event"},
    {SQLITE_CONSTRAINT, false,
     "a constraint or a trigger that was added to the file forbids it and nothing was written; remove it, or change "
     "the event"},
    {SQLITE_NOMEM, false, "there is not enough memory; free some and do it again"},
};

/// @param system_error The operating system's own code, or 0.
inline SqliteTranslation translate_sqlite_code(int code, int system_error = 0, bool read_only = false) {
  if ((code & 0xFF) == SQLITE_CANTOPEN) {
    if (system_error == EMFILE || system_error == ENFILE) return sqlite_no_descriptors;
    if (read_only) return sqlite_not_readable;
  }
  for (const SqliteTranslation& translation : sqlite_translations) {
    if (translation.code == code || translation.code == (code & 0xFF)) return translation;
  }
  return {code, false, "SQLite refused; report this with the reason it gave"};
}

/// @throws StorageError with the reason nested in it.
/// @param action What was tried, as it stands after "cannot" and before the file: "push to".
[[noreturn]] inline void throw_sqlite_error(const SqliteFile& file, std::string_view action, const SqliteError& reason,
                                            int system_error = 0) {
  const SqliteTranslation translation = translate_sqlite_code(reason.code(), system_error, file.read_only);
  constexpr std::string_view placeholder = "{busy_timeout}";
  std::string text{translation.text};
  if (const auto place = text.find(placeholder); place != std::string::npos) {
    text.replace(place, placeholder.size(), std::to_string(file.busy_timeout.count()));
  }
  const bool is_unknown = translation.code == SQLITE_IOERR && action == sqlite_pushing;
  if (is_unknown) {
    text += ". Whether the push was written is unknown: load the aggregate to see";
  }
  try {
    throw reason;
  } catch (const SqliteError&) {
    std::throw_with_nested(StorageError{
        "cannot " + std::string{action} + " " + file.name() + ": " + text + ". Reason: " + reason.what(),
        translation.retryable, is_unknown ? StorageError::Outcome::unknown : StorageError::Outcome::not_done});
  }
}
[[noreturn]] inline void throw_sqlite_error(const SqliteFile& file, std::string_view action, int code,
                                            std::string_view message, int system_error = 0) {
  throw_sqlite_error(file, action, {code, std::string{message} + " (SQLite result code " + std::to_string(code) + ")"},
                     system_error);
}

}  // namespace detail
}  // namespace castore

#endif
