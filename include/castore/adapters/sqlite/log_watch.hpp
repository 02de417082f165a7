// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_LOG_WATCH_HPP
#define CASTORE_ADAPTERS_SQLITE_LOG_WATCH_HPP

#include <castore/config.hpp>

#include <array>
#include <chrono>
#include <cstdint>

#if defined(__linux__)
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#endif

namespace castore::detail {

/// Sleeps until any process writes to a file, where the system tells (Linux). To end a watch takes Linux some
/// milliseconds, so keep it for the next wait.
class SqliteLogWatch {
 public:
#if defined(__linux__)
  explicit SqliteLogWatch(const char* path)
      : changes_{inotify_init1(IN_NONBLOCK | IN_CLOEXEC)}, wakes_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
    works_ = changes_ >= 0 && wakes_ >= 0 && path != nullptr && stat(path, &file_) == 0 &&
             inotify_add_watch(changes_, path, IN_MODIFY) >= 0;
  }
  ~SqliteLogWatch() {
    if (changes_ >= 0) close(changes_);
    if (wakes_ >= 0) close(wakes_);
  }

  /// Forgets what came before. @return False when this is not the file at the path any more, or it does not work.
  bool begin_again(const char* path) noexcept {
    struct stat file {};
    if (!works_ || stat(path, &file) != 0 || file.st_dev != file_.st_dev || file.st_ino != file_.st_ino) return false;
    eventfd_t wakes = 0;
    static_cast<void>(eventfd_read(wakes_, &wakes));
    return true;
  }
  /// False where the system does not tell, or no longer has a watch to give.
  bool works() const noexcept { return works_; }
  /// Ends a sleep, or the next one. Any thread may call it.
  void wake() noexcept { static_cast<void>(eventfd_write(wakes_, 1)); }
  /// @return True when the file was written to.
  bool sleep(std::chrono::microseconds at_most) noexcept {
    std::array<pollfd, 2> events{pollfd{changes_, POLLIN, 0}, pollfd{wakes_, POLLIN, 0}};
    const auto seconds = std::chrono::duration_cast<std::chrono::duration<time_t>>(at_most);
    const auto rest = std::chrono::duration_cast<std::chrono::duration<long, std::nano>>(at_most - seconds);
    const timespec time{seconds.count(), rest.count()};
    ppoll(events.data(), events.size(), &time, nullptr);
    alignas(inotify_event) std::array<char, 4096> buffer;
    bool has_changed = false;
    for (ssize_t size = 0; (size = read(changes_, buffer.data(), buffer.size())) > 0; has_changed = true) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data());
      if ((event->mask & IN_IGNORED) != 0) works_ = false;  // the file was deleted
    }
    return has_changed;
  }

 private:
  int changes_;
  int wakes_;
  bool works_ = false;
  struct stat file_ {};
#else
  explicit SqliteLogWatch(const char*) noexcept {}
  bool begin_again(const char*) noexcept { return true; }
  bool works() const noexcept { return false; }
  void wake() noexcept {}
  bool sleep(std::chrono::microseconds) noexcept { return false; }
#endif

 public:
  SqliteLogWatch(SqliteLogWatch&&) = delete;
};

}  // namespace castore::detail

#endif
