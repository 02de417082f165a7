// SPDX-License-Identifier: MIT
#ifndef CASTORE_MAINTENANCE_POUR_HPP
#define CASTORE_MAINTENANCE_POUR_HPP

/// @file
/// Pouring the past: publishes what is stored already, as replays, e.g. to build a read model again or to let a new
/// service hear of what happened before it was there. Castore calls this a dam.
///
/// @code
/// castore::pour_event_store_events(pokemons, queue, {.rate_limit = 1000});
/// @endcode
///
/// **Guarantees** of all functions here: a channel is a queue or bus of the store, or any object whose
/// `publish_message` takes a kind of message of that store. For a channel of state-carrying messages, each aggregate is
/// loaded as it was after the event.
/// - Every event that you ask for is published once, with `replay` set.
/// - The order is that of timestamps. Equal timestamps are ordered by event store id, aggregate id and version. The
///   events of one aggregate always come in the order of their versions, even where a clock went back.
/// - An event that is pushed during a pour may or may not be part of it.
/// - Memory holds up to `max_buffered_events` events, and one more for every aggregate that is partly poured.
///   Aggregates that begin in the same millisecond are in memory together.
/// - A filter does not save reading, because timestamps may go back: everything is read.
///
/// **Errors:** `PourInterruptedError` (pour again with its token) nests what the storage, the channel or `on_progress`
/// threw; `InvalidResumeTokenError` (fix or report); `std::invalid_argument` for options that mean nothing (fix).

#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/maintenance/pour_options.hpp>
#include <castore/maintenance/pour_source.hpp>
#include <castore/messaging/publish_event.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace castore {

namespace detail {

/// Lets messages through at a limited rate; never more in any second, however long there were none.
class PourThrottle {
 public:
  explicit PourThrottle(const PourOptions& options) : stop_token_{options.stop_token} {
    if (!options.rate_limit) return;
    interval_ = std::chrono::duration<double>{1 / *options.rate_limit};
  }

  /// @return False when the pour is to stop.
  bool wait() {
    using Clock = std::chrono::steady_clock;
    if (interval_.count() > 0) {
      std::mutex mutex;
      std::unique_lock lock{mutex};
      std::condition_variable_any never;
      never.wait_until(lock, stop_token_, next_, [] { return false; });
      const std::chrono::duration<double> longest = std::chrono::hours{24};
      next_ =
          (std::max)(next_, Clock::now()) + std::chrono::duration_cast<Clock::duration>((std::min)(interval_, longest));
    }
    return !stop_token_.stop_requested();
  }

 private:
  std::stop_token stop_token_;
  std::chrono::duration<double> interval_{0};
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now();
};

/// @throws std::invalid_argument
inline void check_pour_options(const PourOptions& options) {
  if (options.rate_limit && !(*options.rate_limit > 0)) {
    throw std::invalid_argument{"castore: rate_limit is not above 0"};
  }
  if (options.page_size == 0) throw std::invalid_argument{"castore: page_size is 0"};
}

/// @throws InvalidResumeTokenError, std::invalid_argument
inline std::optional<PourPosition> start_of_pour(const PourOptions& options) {
  check_pour_options(options);
  if (!options.resume_token) return std::nullopt;
  return parse_resume_token(*options.resume_token);
}

inline PourResult pour_from(std::span<PourSource* const> sources, const PourOptions& options) {
  PourResult result{.resume_token = options.resume_token};
  // The token of the last message is made when it is needed; the strings it is made of are kept, as views do not last.
  struct {
    Timestamp time{};
    std::string event_store_id{};
    std::string aggregate_id{};
    Version version = 0;
  } last;
  const auto update_token = [&] {
    if (result.poured_count == 0) return;
    result.resume_token = make_resume_token({last.time, last.event_store_id, last.aggregate_id, last.version});
  };
  try {
    PourThrottle throttle{options};
    for (;;) {
      PourSource* next = nullptr;
      std::optional<PourPosition> position;
      for (PourSource* source : sources) {
        const std::optional<PourPosition> front = source->front();
        if (!front || (position && *position <= *front)) continue;
        next = source;
        position = front;
      }
      if (!next) break;
      if (!throttle.wait()) {
        result.is_complete = false;
        break;
      }
      next->publish_front({.replay = true});
      ++result.poured_count;
      last.time = position->time;
      last.event_store_id = position->event_store_id;
      last.aggregate_id = position->aggregate_id;
      last.version = position->version;
      if (options.on_progress) options.on_progress({result.poured_count, *position});
      next->pop_front();
    }
  } catch (...) {
    update_token();
    std::throw_with_nested(PourInterruptedError{result.poured_count, result.resume_token});
  }
  update_token();
  return result;
}

template <class Channel>
constexpr bool check_aggregate_ids_channel() {
  constexpr bool is_valid = CarriesAggregateExists<Channel>;
  static_assert(is_valid,
                "castore: this channel cannot carry aggregate ids; use an AggregateExistsMessageQueue or "
                "AggregateExistsMessageBus, or any object with `void publish_message(const "
                "castore::AggregateExistsMessage&, const castore::PublishMessageOptions&)`");
  return is_valid;
}

}  // namespace detail

/// @brief Publishes an `AggregateExistsMessage` for every aggregate of a store. The filters are for initial events.
template <class Store, class Channel>
PourResult pour_event_store_aggregate_ids(const Store& event_store, Channel&& channel, PourOptions options = {}) {
  if constexpr (detail::check_aggregate_ids_channel<std::remove_reference_t<Channel>>()) {
    detail::PourAggregateIds source{event_store, channel,
                                    detail::list_one_by_one(event_store, {.limit = options.page_size,
                                                                          .initial_event_after = options.filters.from,
                                                                          .initial_event_before = options.filters.to}),
                                    detail::start_of_pour(options)};
    return detail::pour_from(std::array<detail::PourSource*, 1>{&source}, options);
  }
}

/// @brief Publishes the events of one aggregate.
template <class Store, class Channel>
PourResult pour_aggregate_events(const Store& event_store, std::string_view aggregate_id, Channel&& channel,
                                 PourOptions options = {}, PourVersions versions = {}) {
  if constexpr (detail::check_event_channel<std::remove_reference_t<Channel>, Store>()) {
    detail::PourEvents source{
        event_store,
        channel,
        [entry = std::optional{AggregateIdEntry{std::string{aggregate_id}, earliest_timestamp}}]() mutable {
          return std::exchange(entry, std::nullopt);
        },
        options,
        detail::start_of_pour(options),
        versions};
    return detail::pour_from(std::array<detail::PourSource*, 1>{&source}, options);
  }
}

/// @brief Publishes the events of several stores, `std::tie(store, ...)`.
template <class... Stores, class Channel>
  requires(sizeof...(Stores) > 0)
PourResult pour_event_store_collection_events(std::tuple<Stores&...> event_stores, Channel&& channel,
                                              PourOptions options = {}) {
  using ChannelType = std::remove_reference_t<Channel>;
  if constexpr ((detail::check_event_channel<ChannelType, std::remove_const_t<Stores>>() && ...)) {
    return std::apply(
        [&](Stores&... stores) {
          std::array<std::string_view, sizeof...(Stores)> ids{stores.event_store_id()...};
          std::ranges::sort(ids);
          if (std::ranges::adjacent_find(ids) != ids.end()) {
            throw std::invalid_argument{"castore: two of the stores to pour have the same id"};
          }
          const std::optional<PourPosition> start = detail::start_of_pour(options);
          std::tuple<detail::PourEvents<std::remove_const_t<Stores>, ChannelType>...> sources{
              detail::PourEvents<std::remove_const_t<Stores>, ChannelType>{
                  stores, channel, detail::list_one_by_one(stores, {.limit = options.page_size}), options, start}...};
          return std::apply(
              [&](auto&... source) {
                return detail::pour_from(std::array<detail::PourSource*, sizeof...(Stores)>{&source...}, options);
              },
              sources);
        },
        event_stores);
  }
}

/// @brief Publishes the events of a store.
template <class Store, class Channel>
PourResult pour_event_store_events(const Store& event_store, Channel&& channel, PourOptions options = {}) {
  return pour_event_store_collection_events(std::tie(event_store), channel, std::move(options));
}

}  // namespace castore

#endif
