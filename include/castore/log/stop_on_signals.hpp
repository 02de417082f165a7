// SPDX-License-Identifier: MIT
#ifndef CASTORE_LOG_STOP_ON_SIGNALS_HPP
#define CASTORE_LOG_STOP_ON_SIGNALS_HPP

/// @file
/// Signals that ask a program to end, as a stop token. Not on Windows.

#include <castore/config.hpp>
#include <castore/detail/stop_token.hpp>

#ifndef _WIN32

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <stdexcept>
#include <stop_token>
#include <system_error>
#include <thread>

namespace castore {

/// @brief Asks a stop token to stop when the program gets SIGTERM or SIGINT: for the loops `run(..., stop_token)` of
/// subscriptions, relays and consumers, which then finish what they have in hand.
///
/// @code
/// int main() {
///   const castore::StopOnSignals stop;
///   consumer.run(handler, stop.token());
/// }
/// @endcode
///
/// **Guarantees**
/// - The second signal of a kind ends the program at once, as without this: nobody has to wait for a handler that
/// hangs.
/// - A signal that was ignored when it was made, as SIGINT is by what a shell runs in the background, stays ignored.
/// - A process that the program forks is ended by them, as without this.
/// - Its destructor restores how the signals were handled before.
/// - It has a thread of its own, in which callbacks of the token are called, outside of the signal handler.
///
/// **Errors** `std::logic_error` when there is another one: a program has one, made in `main`. `std::system_error`
/// when the system has no more descriptors or threads.
class StopOnSignals {
 public:
  /// @brief Begins to listen. @throws std::logic_error, std::system_error
  StopOnSignals() {
    std::array<int, 2> ends{};  // open until the program ends, as a handler may run longer than this exists
    if (::pipe(ends.data()) != 0) throw std::system_error{errno, std::generic_category(), "castore: StopOnSignals"};
    for (const int descriptor : ends) ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    if (int nowhere = -1; !write_end().compare_exchange_strong(nowhere, ends[1])) {
      for (const int descriptor : ends) ::close(descriptor);
      throw std::logic_error{"castore: there is a StopOnSignals already; hand its token on"};
    }
    try {
      thread_ = std::thread{[source = source_, read_end = ends[0]]() mutable { listen(source, read_end); }};
    } catch (...) {
      write_end() = -1;
      throw;
    }
    process() = ::getpid();
    struct sigaction ours {};
    ours.sa_handler = &StopOnSignals::on_signal;
    ours.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
    for (std::size_t index = 0; index < handled_signals.size(); ++index) {
      ::sigaction(handled_signals[index], nullptr, &before_[index]);
      if (before_[index].sa_handler != SIG_IGN) ::sigaction(handled_signals[index], &ours, nullptr);
    }
  }
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;
  ~StopOnSignals() {
    for (std::size_t index = 0; index < handled_signals.size(); ++index) {
      ::sigaction(handled_signals[index], &before_[index], nullptr);
    }
    write(write_end().exchange(-1), the_end);
    thread_.join();
  }

  /// @brief What is asked to stop. Copies of it may outlive this object.
  std::stop_token token() const noexcept { return source_.get_token(); }

 private:
  static constexpr std::array<int, 2> handled_signals{SIGTERM, SIGINT};
  static constexpr char a_signal = 's';
  static constexpr char the_end = 'e';

  /// Where the handler writes; -1: nowhere. Lock-free, or a handler could not use it.
  static std::atomic<int>& write_end() noexcept {
    static_assert(std::atomic<int>::is_always_lock_free);
    static constinit std::atomic<int> descriptor{-1};
    return descriptor;
  }
  /// In which the thread runs that listens.
  static std::atomic<pid_t>& process() noexcept {
    static_assert(std::atomic<pid_t>::is_always_lock_free);
    static constinit std::atomic<pid_t> id{0};
    return id;
  }
  static void on_signal(int signal) noexcept {
    const int error = errno;
    if (process() != ::getpid()) {
      ::raise(signal);  // a process that this one forked: it ends, as SA_RESETHAND has made the signal's default
    } else if (const int descriptor = write_end(); descriptor >= 0) {
      write(descriptor, a_signal);
    }
    errno = error;
  }
  static void write(int descriptor, char what) noexcept {
    while (::write(descriptor, &what, 1) < 0 && errno == EINTR) {
    }
  }
  static void listen(std::stop_source& source, int read_end) {
    for (char what = '\0'; what != the_end;) {
      const bool is_read = ::read(read_end, &what, 1) == 1;
      if (!is_read && errno != EINTR) return;
      if (is_read && what == a_signal) source.request_stop();
    }
  }

  std::stop_source source_;
  std::array<struct sigaction, 2> before_{};
  std::thread thread_;
};

}  // namespace castore

#endif
#endif
