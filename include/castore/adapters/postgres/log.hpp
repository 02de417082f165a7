// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_POSTGRES_LOG_HPP
#define CASTORE_ADAPTERS_POSTGRES_LOG_HPP

/// @file
/// How a gap in the numbers of events is proved dead. An INSERT locks the table (RowExclusiveLock) before it draws a
/// number, the lock is held until its transaction ends, and a commit is visible before its locks are let go. So when
/// those who held the lock after a number was seen have all ended, whoever may have drawn a smaller one has, too.

#include <castore/fwd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace castore::detail {

/// What is known of a table's order, shared by all who read it by one adapter.
class PostgresOrder {
 public:
  /// What the numbers of a table belong to: this table, until it is made again or truncated, on this run of the server.
  /// Holders that are prepared transactions change their names when a server that crashed starts again.
  using Identity = std::int64_t;

  /// The answer of a probe. `top` was the greatest number that could be seen, and then these held the lock.
  struct Probe {
    Identity identity = 0;
    Position top = 0;
    std::vector<std::string> holders{};
  };

  /// What is missing up to here will never come; 0 when this is not known of what has this identity. A page that is
  /// judged by it must be read after it was asked for: what was open then may have been committed since.
  struct Settled {
    Identity identity = 0;
    Position position = 0;

    Position of(Identity other) const noexcept { return identity == other ? position : 0; }
  };
  Settled settled() const {
    const std::lock_guard lock{mutex_};
    return {identity_, settled_};
  }

  /// To be called when a connection broke, and when one is used for the first time: before that the server may have
  /// ended all of its processes and gone on, after which prepared transactions have other names, too.
  void forget() {
    const std::lock_guard lock{mutex_};
    ++generation_;
    forget_all();
  }
  /// To be asked for before a probe.
  std::uint64_t generation() const {
    const std::lock_guard lock{mutex_};
    return generation_;
  }

  /// @param generation When the probe began; what has been forgotten since is not learned again.
  void learn(Probe probe, std::uint64_t generation) {
    std::sort(probe.holders.begin(), probe.holders.end());
    const std::lock_guard lock{mutex_};
    if (generation != generation_) return;
    if (probe.identity != identity_) {
      forget_all();
      identity_ = probe.identity;
    }
    for (Open& open : open_) {
      std::erase_if(open.holders, [&](const std::string& holder) {
        return !std::binary_search(probe.holders.begin(), probe.holders.end(), holder);
      });
    }
    // While a transaction is open for long, the last of many takes the place of the one before it, which only settles
    // later then.
    if (open_.size() == most_open) open_.pop_back();
    open_.push_back({probe.top, std::move(probe.holders)});
    for (const Open& open : open_) {
      if (open.holders.empty()) settled_ = (std::max)(settled_, open.top);
    }
    std::erase_if(open_, [this](const Open& open) { return open.top <= settled_; });
  }

 private:
  static constexpr std::size_t most_open = 64;

  /// A number, and those who may still write smaller ones.
  struct Open {
    Position top;
    std::vector<std::string> holders;
  };

  void forget_all() noexcept {
    open_.clear();
    settled_ = 0;
    identity_ = 0;
  }

  mutable std::mutex mutex_;
  std::uint64_t generation_ = 0;
  Identity identity_ = 0;
  Position settled_ = 0;
  std::vector<Open> open_;
};

}  // namespace castore::detail

#endif
