// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_PUBLICATION_ORDER_HPP
#define CASTORE_MESSAGING_PUBLICATION_ORDER_HPP

#include <castore/fwd.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// Publishes what threads have pushed in the order of the versions of each aggregate, although a later version may be
/// committed before the thread that pushed the earlier one gets to publishing it.
///
/// A push is announced before it is written. So a thread that loads version n pushes n + 1 after version n was
/// announced, and finds it here unless it is published. Nobody waits for another: a message that is not next is left to
/// the thread that publishes the one before it. So a listener that pushes to the same aggregate cannot block itself.
template <class Message>
class PublicationOrder : public std::enable_shared_from_this<PublicationOrder<Message>> {
 public:
  /// @param publish Must not throw.
  explicit PublicationOrder(std::function<void(const Message&)> publish) : publish_{std::move(publish)} {}

  /// @return What withdraws the announcement, unless the event was committed.
  std::shared_ptr<void> announce(std::string_view aggregate_id, Version version) {
    const std::uint64_t ticket = ++last_ticket_;
    // Made without the lock, which its end takes when memory does.
    auto scope = std::shared_ptr<void>{static_cast<void*>(this),
                                       [self = this->shared_from_this(), id = std::string{aggregate_id},
                                        ticket](void*) noexcept { self->withdraw(id, ticket); }};
    const std::scoped_lock lock{mutex_};
    aggregates_[std::string{aggregate_id}].announced.emplace(ticket, version);
    return scope;
  }

  /// Publishes the message of a committed event, now or, as a copy, as soon as it is next.
  void publish(const std::string& aggregate_id, Version version, const Message& message) {
    std::unique_lock lock{mutex_};
    Aggregate& aggregate = aggregates_[aggregate_id];
    // Others that announced this version too must fail.
    std::erase_if(aggregate.announced, [version](const auto& announced) { return announced.second == version; });
    // Where it is next nothing is ready that comes before it: that would have been next before.
    if (!aggregate.is_publishing && is_next(aggregate, version)) {
      publish_unlocked(lock, aggregate, message);
    } else {
      aggregate.ready.emplace(version, message);
    }
    publish_ready(lock, aggregate_id, aggregate);
  }

 private:
  struct Aggregate {
    std::map<std::uint64_t, Version> announced{};
    std::multimap<Version, Message> ready{};
    bool is_publishing = false;
  };

  void withdraw(const std::string& aggregate_id, std::uint64_t ticket) noexcept {
    std::unique_lock lock{mutex_};
    const auto found = aggregates_.find(aggregate_id);
    if (found == aggregates_.end()) return;
    found->second.announced.erase(ticket);
    publish_ready(lock, aggregate_id, found->second);
  }

  void publish_ready(std::unique_lock<std::mutex>& lock, const std::string& aggregate_id, Aggregate& aggregate) {
    if (aggregate.is_publishing) return;
    while (!aggregate.ready.empty() && is_next(aggregate, aggregate.ready.begin()->first)) {
      publish_unlocked(lock, aggregate, aggregate.ready.extract(aggregate.ready.begin()).mapped());
    }
    if (aggregate.announced.empty() && aggregate.ready.empty()) aggregates_.erase(aggregate_id);
  }

  void publish_unlocked(std::unique_lock<std::mutex>& lock, Aggregate& aggregate, const Message& message) {
    aggregate.is_publishing = true;
    lock.unlock();
    publish_(message);
    lock.lock();
    aggregate.is_publishing = false;
  }

  static bool is_next(const Aggregate& aggregate, Version version) {
    return std::ranges::none_of(aggregate.announced,
                                [version](const auto& announced) { return announced.second < version; });
  }

  std::function<void(const Message&)> publish_;
  std::mutex mutex_;
  std::map<std::string, Aggregate> aggregates_;
  std::atomic<std::uint64_t> last_ticket_{0};
};

}  // namespace castore::detail

#endif
