// SPDX-License-Identifier: MIT
#ifndef CASTORE_HTTP_CONNECTION_THREADS_HPP
#define CASTORE_HTTP_CONNECTION_THREADS_HPP

#include <castore/config.hpp>

#include <httplib.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace castore::detail {

/// Gives each connection a thread, as one that is open but idle holds it: a new one starts when all are taken.
/// httplib's own pool has as many as there are processors, and lets everybody wait for that many idle clients.
class ConnectionThreads : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(std::size_t most) : most_{most} {}

  using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue({}));  // nothing, or true in newer versions
  Enqueued enqueue(std::function<void()> connection) override {
    {
      const std::lock_guard lock{mutex_};
      waiting_.push_back(std::move(connection));
      if (idle_ < waiting_.size() && threads_.size() < most_) start();
    }
    changed_.notify_one();
    return static_cast<Enqueued>(true);
  }
  void shutdown() override {
    {
      const std::lock_guard lock{mutex_};
      is_over_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void start() {
    try {
      threads_.emplace_back([this] { run(); });
    } catch (const std::system_error&) {
      if (threads_.empty()) throw;  // the others are enough
    }
  }
  void run() {
    std::unique_lock lock{mutex_};
    while (true) {
      ++idle_;
      changed_.wait(lock, [this] { return is_over_ || !waiting_.empty(); });
      --idle_;
      if (waiting_.empty()) return;
      const std::function<void()> connection = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      connection();
      lock.lock();
    }
  }

  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool is_over_ = false;
};

}  // namespace castore::detail

#endif
