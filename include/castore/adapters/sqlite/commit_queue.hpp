// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_SQLITE_COMMIT_QUEUE_HPP
#define CASTORE_ADAPTERS_SQLITE_COMMIT_QUEUE_HPP

#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/fwd.hpp>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace castore {

class SqliteTransaction;

}  // namespace castore

namespace castore::detail {

using SqlitePushHook = PushHook<castore::SqliteTransaction>;

/// One thread's push, and what became of it.
struct SqlitePush {
  std::span<const PushRecord> records;
  PushOptions options{};
  const SqlitePushHook* hook = nullptr;  ///< Called in the transaction, if there is one.
  PushOutcome outcome{};
  std::exception_ptr error{};
  bool is_done = false;
};

/// Group commit. Pushes that arrive while a transaction is being written share the next transaction, and its flush to
/// the disk. When no thread is writing, the next one in line writes for all that wait. It does not wait for more.
class SqliteCommitQueue {
 public:
  /// @param write `void(std::span<SqlitePush* const>) noexcept`: gives every push its outcome or its error.
  /// @throws The error of this push.
  template <class Write>
  void push(SqlitePush& push, const Write& write) {
    std::unique_lock lock{mutex_};
    waiting_.push_back(&push);
    changed_.wait(lock, [&] { return push.is_done || !is_writing_; });
    if (!push.is_done) {
      is_writing_ = true;
      std::swap(waiting_, writing_);
      lock.unlock();
      write(std::span<SqlitePush* const>{writing_});
      lock.lock();
      for (SqlitePush* written : writing_) written->is_done = true;
      writing_.clear();
      is_writing_ = false;
      changed_.notify_all();
    }
    if (push.error) std::rethrow_exception(push.error);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_writing_ = false;
  std::vector<SqlitePush*> waiting_;
  std::vector<SqlitePush*> writing_;  // of the thread that writes
};

}  // namespace castore::detail

#endif
