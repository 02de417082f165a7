// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_NATS_SOURCE_HPP
#define CASTORE_MESSAGING_ADAPTERS_NATS_SOURCE_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/nats/connection.hpp>
#include <castore/messaging/adapters/nats/durable.hpp>
#include <castore/messaging/adapters/nats/message.hpp>
#include <castore/messaging/cloud_events.hpp>
#include <castore/messaging/detail/message_engine.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/errors.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace castore::detail {

/// What the engine tells of a message. One that failed stays in its lane, and the server waits for it.
class NatsReceipt final : public MessageReceipt {
 public:
  NatsReceipt(std::shared_ptr<NatsDurable> durable, std::uint64_t sequence, int deliveries)
      : durable_{std::move(durable)}, sequence_{sequence}, deliveries_{deliveries} {}

  bool begin() noexcept override { return durable_->extend(sequence_); }
  void acknowledge() noexcept override { durable_->acknowledge(sequence_); }
  bool retry_after(std::chrono::milliseconds) noexcept override { return false; }
  bool bury(std::chrono::milliseconds) noexcept override {
    return durable_->bury(sequence_, deliveries_, "its handler failed on every attempt");
  }
  void release() noexcept override { durable_->give_back(sequence_); }

 private:
  std::shared_ptr<NatsDurable> durable_;
  std::uint64_t sequence_;
  int deliveries_;
};

/// Asks a durable consumer for messages, and sees to their order when several programs do, or one has died: then the
/// server holds back what that one had, and would deliver later messages before it. So a message is handled only when
/// all that the server has delivered and not heard of is here; else what came is given back, and this program stands by
/// until the other one rests or has been silent for as long as the server waits for it.
template <class Message>
class NatsSource {
 public:
  using Delivery = typename MessageEngine<Message>::Delivery;

  struct Options {
    bool keeps_order = true;
    std::chrono::milliseconds wait_time{};
    std::function<Message(const std::string& body)> parse{};
    std::function<void(const std::string& body, const std::exception_ptr&)> on_invalid_message{};
  };

  NatsSource(std::shared_ptr<NatsDurable> durable, Options options)
      : durable_{std::move(durable)}, options_{std::move(options)}, state_{std::make_unique<State>()} {}

  /// @param until When it is to be back. @param add Takes what has come, before another thread receives what is next.
  /// @throws MessageSourceError
  template <class Add>
  void receive(const std::optional<SteadyTime>& until, const Add& add) {
    const std::scoped_lock lock{state_->receiving};
    std::uint64_t losses = 0;
    std::vector<Delivery> deliveries = in_source("ask", [&] { return receive(until, losses); });
    if (!options_.keeps_order) return add(std::move(deliveries));
    // What went back meanwhile must not be overtaken by what comes after it, as it would wait behind it no more.
    if (durable_->unless_lost(losses, [&] { add(std::move(deliveries)); })) return;
    for (const Delivery& delivery : deliveries) delivery.receipt->release();
  }

  /// @throws MessageSourceError
  void settle() {
    in_source("tell", [&] { durable_->settle(); });
  }

 private:
  using Progress = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
  struct Standby {
    Progress seen{};  ///< What others have done with the messages.
    SteadyTime since{};
  };
  struct State {
    std::mutex receiving;
    std::map<std::uint64_t, NatsDelivered> fresh{};  ///< What has come and is not handled yet, in its order.
    std::optional<Standby> standby{};
  };

  /// @param losses Becomes the number of what went back before these, with what goes back here itself.
  std::vector<Delivery> receive(const std::optional<SteadyTime>& until, std::uint64_t& losses) {
    durable_->extend_all();
    SteadyTime end = time_after(options_.wait_time);
    // Other messages are in hand, or wait for their time.
    if (durable_->held() > 0) end = (std::min)(end, time_after(std::chrono::milliseconds{100}));
    if (until) end = (std::min)(end, *until);
    if (state_->standby && !may_go_on(end)) return {};
    keep(durable_->pull(end));
    losses = durable_->losses();
    if (state_->fresh.empty() || !options_.keeps_order || durable_->has_all() || waits_for_the_others()) {
      return take(losses);
    }
    give_back_fresh();
    state_->standby = Standby{{}, std::chrono::steady_clock::now()};
    return {};
  }

  void keep(std::vector<NatsDelivered> delivered) {
    for (NatsDelivered& one : delivered) state_->fresh.insert_or_assign(one.sequence, std::move(one));
  }

  void give_back_fresh() {
    for (const auto& [sequence, delivered] : std::exchange(state_->fresh, {})) durable_->give_back(sequence);
  }

  /// Two programs that have got messages at the same time wait for different times, and one gives up.
  /// @return Whether all is here.
  bool waits_for_the_others() {
    constexpr int shortest = 100;
    constexpr int longest = 300;
    std::random_device device;
    const std::chrono::milliseconds patience{std::uniform_int_distribution<int>{shortest, longest}(device)};
    const SteadyTime end = time_after(patience);
    while (true) {
      const SteadyTime now = std::chrono::steady_clock::now();
      if (now >= end) return false;
      keep(durable_->pull((std::min)(end, now + std::chrono::milliseconds{20})));
      if (durable_->has_all()) return true;
    }
  }

  /// Whether the others rest or are gone.
  bool may_go_on(SteadyTime end) {
    Standby& standby = *state_->standby;
    durable_->settle();
    constexpr std::chrono::milliseconds margin{100};
    while (true) {
      const nlohmann::json info = durable_->info();
      const SteadyTime now = std::chrono::steady_clock::now();
      const auto at = [&](const char* name) { return number_at(info.value(name, nlohmann::json{}), "consumer_seq"); };
      const Progress seen{number_at(info, "num_ack_pending"), at("delivered"), at("ack_floor")};
      if (seen != standby.seen) standby = {seen, now};
      const bool is_silent = now - standby.since > durable_->options().ack_wait + margin;
      const bool is_free = durable_->others_hold(info) ? is_silent : number_at(info, "num_waiting") == 0;
      if (is_free) return state_->standby.reset(), true;
      if (now >= end) return false;
      durable_->rest((std::min)(std::chrono::ceil<std::chrono::milliseconds>(end - now), margin));
      durable_->extend_all();
    }
  }

  std::vector<Delivery> take(std::uint64_t& losses) {
    std::vector<Delivery> deliveries;
    while (!state_->fresh.empty()) {
      const NatsDelivered delivered = std::move(state_->fresh.extract(state_->fresh.begin()).mapped());
      const auto receipt = std::make_shared<NatsReceipt>(durable_, delivered.sequence, delivered.deliveries);
      try {
        const ReceivedBody body = read_nats_message(delivered.message.get());
        deliveries.push_back(Delivery{.recipient = nullptr,
                                      .message = std::make_shared<const Message>(options_.parse(body.json)),
                                      .replay = body.replay,
                                      .receipt = receipt});
      } catch (const std::exception& error) {  // another attempt would read the same
        const bool is_back = durable_->bury(delivered.sequence, delivered.deliveries, without_prefix(error.what()));
        // It may be of any aggregate, so nothing overtakes it; and the next dead letter would fail after as long a wait.
        if (is_back) {
          losses += 1 + state_->fresh.size();
          give_back_fresh();
        }
        tell_of_invalid(std::string{data_of(delivered.message.get())}, deliveries);
      }
    }
    return deliveries;
  }

  /// Of the exception that is being handled. When the user's function throws, the deliveries go back.
  void tell_of_invalid(const std::string& body, const std::vector<Delivery>& deliveries) const {
    if (!options_.on_invalid_message) return;
    try {
      options_.on_invalid_message(body, std::current_exception());
    } catch (...) {
      for (const Delivery& delivery : deliveries) delivery.receipt->release();
      throw;
    }
  }

  template <class Function>
  auto in_source(const char* verb, const Function& function) {
    try {
      return function();
    } catch (const NatsError& error) {
      std::throw_with_nested(MessageSourceError{
          std::string{"cannot "} + verb + " the consumer " + in_quotes(durable_->options().durable) +
              " of the stream " + in_quotes(durable_->options().stream) + ": " + without_prefix(error.what()),
          error.retryable()});
    }
  }

  std::shared_ptr<NatsDurable> durable_;
  Options options_;
  std::unique_ptr<State> state_;
};

}  // namespace castore::detail

#endif
