// SPDX-License-Identifier: MIT
#ifndef CASTORE_DETAIL_SHARED_MUTEX_HPP
#define CASTORE_DETAIL_SHARED_MUTEX_HPP

#include <castore/config.hpp>

#ifdef __MINGW32__
#include <mutex>
#else
#include <shared_mutex>
#endif

namespace castore::detail {

#ifdef __MINGW32__
/// One at a time: MinGW-w64's std::shared_mutex lets several threads in when they are the first to lock it, as its
/// rwlock makes itself at the first use, and tells whoever comes meanwhile an error that libstdc++ does not look at.
class SharedMutex {
 public:
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }
  void lock_shared() { mutex_.lock(); }
  void unlock_shared() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};
#else
using SharedMutex = std::shared_mutex;
#endif

}  // namespace castore::detail

#endif
