// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_NATS_DURABLE_HPP
#define CASTORE_MESSAGING_ADAPTERS_NATS_DURABLE_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/nats/connection.hpp>
#include <castore/messaging/adapters/nats/dead_letter.hpp>
#include <castore/messaging/adapters/nats/durable_options.hpp>
#include <castore/messaging/adapters/nats/message.hpp>
#include <castore/messaging/adapters/nats/publisher.hpp>
#include <castore/messaging/detail/dead_letter.hpp>
#include <castore/messaging/detail/message_recipient.hpp>

#include <nats/nats.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

/// A message that a stream has delivered.
struct NatsDelivered {
  std::uint64_t sequence = 0;  ///< In the stream.
  int deliveries = 1;          ///< How often it was delivered.
  std::shared_ptr<natsMsg> message{};
};

/// A durable pull consumer: the messages of it that this program has, until when, and what the server is still to be
/// told of them. Source: NATS documentation, JetStream wire API reference and Consumers; nats-server 2.9,
/// server/consumer.go.
class NatsDurable {
 public:
  NatsDurable(std::shared_ptr<NatsConnection> connection, NatsDurableOptions options)
      : connection_{std::move(connection)},
        options_{std::move(options)},
        name_{checked_nats_name(options_.stream, "the stream") + "." +
              checked_nats_name(options_.durable, "the durable consumer")},
        inbox_{*connection_},
        answers_{*connection_} {
    open_nats_durable(*connection_, name_, options_);
    half_ = options_.ack_wait / 2;
  }

  /// What the server knows of it. @throws NatsError
  nlohmann::json info() const { return nats_durable_info(*connection_, name_); }

  /// Whether all that the server has delivered and not heard of is here. It is asked, unless that was so a moment ago,
  /// and all that it has delivered since came here: it numbers its deliveries. For one thread at a time.
  /// @throws NatsError
  bool has_all() {
    // Less than it takes a server to start again: what it then delivers may have numbers that others had.
    constexpr std::chrono::milliseconds moment{200};
    const SteadyTime now = std::chrono::steady_clock::now();
    std::uint64_t losses = 0;
    {
      const std::scoped_lock lock{mutex_};
      if (now < has_all_until_) return true;
      losses = losses_;
    }
    settle();
    const nlohmann::json answer = info();
    if (others_hold(answer)) return false;
    const std::scoped_lock lock{mutex_};
    last_delivery_ = number_at(answer.value("delivered", nlohmann::json{}), "consumer_seq");
    if (losses == losses_) has_all_until_ = now + moment;
    return true;
  }

  /// Whether the server waits to hear of messages that are not here. Those whose time is over it delivers again, and
  /// perhaps to others.
  bool others_hold(const nlohmann::json& answer) const {
    const std::scoped_lock lock{mutex_};
    const auto is_ours = [now = std::chrono::steady_clock::now()](const auto& one) { return one.second.until > now; };
    return number_at(answer, "num_ack_pending") > std::ranges::count_if(held_, is_ours);
  }

  /// How often something went back so far.
  std::uint64_t losses() const {
    const std::scoped_lock lock{mutex_};
    return losses_;
  }
  /// Calls the function, during which nothing goes back. @return False instead when something went back since.
  template <class Function>
  bool unless_lost(std::uint64_t losses, const Function& function) {
    const std::scoped_lock lock{mutex_};
    if (losses != losses_) return false;
    function();
    return true;
  }

  // --- messages that come ---

  /// Asks for messages, and waits for the first one. For one thread at a time.
  /// @throws NatsError: then what has come is given back.
  std::vector<NatsDelivered> pull(SteadyTime until) {
    std::vector<NatsDelivered> delivered;
    try {
      request(until, delivered);
    } catch (...) {
      for (const NatsDelivered& one : delivered) give_back(one.sequence);
      throw;
    }
    return delivered;
  }

  /// Waits, and gives back what was asked for before and comes now. @throws NatsError
  void rest(std::chrono::milliseconds at_most) {
    std::vector<NatsDelivered> late;
    if (NatsPointer<natsMsg> message = inbox_.next(at_most))
      read(std::move(message), std::chrono::steady_clock::now(), late);
    for (const NatsDelivered& one : late) give_back(one.sequence);
  }

  /// How many messages are here that the server waits to hear of.
  std::size_t held() const {
    const std::scoped_lock lock{mutex_};
    return held_.size();
  }

  // --- what becomes of them ---

  /// Makes sure that the server waits for a message for at least half of its time, or else forgets it: the server
  /// delivers it again. @return Whether it waits.
  bool extend(std::uint64_t sequence) {
    const std::scoped_lock lock{mutex_};
    const auto found = held_.find(sequence);
    if (found == held_.end()) return false;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (found->second.until - now < half_) extend_late(now);
    if (found->second.until - now >= half_) return true;
    held_.erase(found);
    note_loss();
    return false;
  }
  /// The same for all of which half of the time is over.
  void extend_all(SteadyTime now = std::chrono::steady_clock::now()) {
    const std::scoped_lock lock{mutex_};
    extend_late(now);
  }

  void acknowledge(std::uint64_t sequence) noexcept { tell(sequence, "+ACK"); }
  void give_back(std::uint64_t sequence) noexcept { tell(sequence, given_back); }

  /// Moves it to where dead letters are; unless there is such a place, the server forgets it and says so. When it
  /// cannot be moved it goes back. @return Whether it went back.
  bool bury(std::uint64_t sequence, int deliveries, const std::string& reason) noexcept {
    try {
      if (!options_.dead_letter_subject.empty()) publish_dead_letter(sequence, deliveries, reason);
      tell(sequence, "+TERM");
      return false;
    } catch (const std::exception& error) {
      give_back(sequence);
      tell_of_delayed_letter(options_.on_error, place_of(sequence), error);
      return true;
    }
  }

  /// Waits until the server has heard all that it was told. @throws NatsError
  void settle() {
    const SteadyTime deadline = time_after(connection_->request_timeout());
    for (bool is_flushed = false;; is_flushed = true) {
      const SteadyTime now = std::chrono::steady_clock::now();
      {
        const std::scoped_lock lock{mutex_};
        if (told_.empty()) return;
        tell_again(now);
      }
      if (!is_flushed) flush_nats(*connection_);
      if (now >= deadline) throw NatsError{"acknowledgements were not confirmed in time", true};
      constexpr std::chrono::milliseconds longest{50};  // another thread may have seen the answer
      const NatsPointer<natsMsg> answer = answers_.next(longest);
      if (!answer) continue;
      const std::scoped_lock lock{mutex_};
      told_.erase(answers_.number_of(natsMsg_GetSubject(answer.get())));
    }
  }

  const NatsDurableOptions& options() const noexcept { return options_; }

 private:
  struct Held {
    std::shared_ptr<natsMsg> message{};
    SteadyTime until{};  ///< Then the server delivers it again.
  };
  struct Told {
    std::shared_ptr<natsMsg> message{};
    std::string_view what{};
    SteadyTime told_at{};
  };

  void request(SteadyTime until, std::vector<NatsDelivered>& delivered) {
    const auto left = [&] {
      return std::chrono::floor<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    };
    // A server needs some time to deliver many of them.
    constexpr std::chrono::milliseconds shortest{1};
    constexpr std::chrono::milliseconds longest{20};
    request_all(std::clamp(left(), shortest, longest), delivered);
    if (delivered.empty() && left().count() > 0) {
      request_one(left(), delivered);
      if (!delivered.empty()) request_all(shortest, delivered);
    }
  }
  /// Waits for a message.
  void request_one(std::chrono::milliseconds wait, std::vector<NatsDelivered>& delivered) {
    if (room() == 0) return rest(wait);  // until some are handled
    read_answers(send_request({{"batch", 1}}, wait), 1, wait, delivered);
  }
  /// Takes as many as there are. @param wait For the first one. Without an end the server would keep a request while
  /// `max_ack_pending` is reached.
  void request_all(std::chrono::milliseconds wait, std::vector<NatsDelivered>& delivered) {
    const std::size_t most = room();
    if (most == 0) return rest(wait);
    read_answers(send_request({{"batch", most}, {"no_wait", true}}, wait), most, wait, delivered);
  }
  std::size_t room() const { return options_.max_messages - (std::min)(options_.max_messages, held()); }

  /// @return Its number.
  std::uint64_t send_request(nlohmann::json request, std::chrono::milliseconds expires) {
    request["expires"] = std::chrono::nanoseconds{expires}.count();
    const std::uint64_t number = ++last_request_;
    check_nats(send_to_nats(*connection_, "$JS.API.CONSUMER.MSG.NEXT." + name_, inbox_.subject(number), request.dump()),
               "cannot ask for messages");
    flush_nats(*connection_);
    return number;
  }

  void read_answers(std::uint64_t number, std::size_t left, std::chrono::milliseconds wait,
                    std::vector<NatsDelivered>& delivered) {
    // nats-server 2.9 forgets to say that the time is over when it is while messages are delivered: then no more come.
    constexpr std::chrono::milliseconds late{100};
    constexpr std::chrono::milliseconds silence{5};
    const SteadyTime end = time_after(wait);
    SteadyTime deadline = end + late;
    check_connection();
    for (SteadyTime now = std::chrono::steady_clock::now(); left > 0;) {
      if (now >= deadline) {
        if (delivered.empty()) info();  // throws when the consumer is not there
        return;
      }
      constexpr std::chrono::milliseconds longest{100};  // then it is seen whether the connection is there
      bool nobody_listens = false;
      NatsPointer<natsMsg> message = inbox_.next(
          (std::min)(longest, std::chrono::ceil<std::chrono::milliseconds>(deadline - now)), &nobody_listens);
      if (nobody_listens) throw NatsError{"JetStream does not answer", true};
      now = std::chrono::steady_clock::now();
      extend_all(now);
      if (!message) {
        check_connection();
        continue;
      }
      const std::uint64_t status_of = inbox_.number_of(natsMsg_GetSubject(message.get()));
      if (status_of == number) return check_status(message.get());
      if (status_of != 0) continue;
      read(std::move(message), now, delivered);
      deadline = (std::max)(end, now) + silence;
      --left;
    }
  }

  void check_connection() const {
    if (!connection_->is_connected()) throw NatsError{"the connection is broken", true};
  }

  /// That there are no (more) messages is not an error.
  void check_status(natsMsg* message) const {
    const std::string description = safe_text(nats_header(message, "Description"));
    if (nats_header(message, "Status") == "400" || description == "Consumer Deleted") {
      throw NatsError{"cannot ask for messages of the consumer " + in_quotes(options_.durable) + ": " + description,
                      false};
    }
  }

  /// Notes a message, unless it is here already or was handled.
  void read(NatsPointer<natsMsg> message, SteadyTime now, std::vector<NatsDelivered>& delivered) {
    const char* const reply = natsMsg_GetReply(message.get());
    const auto place = nats_place_of(reply == nullptr ? "" : reply);
    if (!place) return;

    const std::scoped_lock lock{mutex_};
    if (place->delivery != ++last_delivery_) has_all_until_ = {};
    const std::shared_ptr<natsMsg> shared = std::move(message);
    if (const auto told = told_.find(place->sequence); told != told_.end()) {
      if (told->second.what != given_back) return send(place->sequence, told->second);
      told_.erase(told);  // it is here again
    }
    const auto [held, is_new] = held_.try_emplace(place->sequence);
    held->second = {shared, now + options_.ack_wait};
    next_extension_ = (std::min)(next_extension_, held->second.until - half_);
    if (is_new) delivered.push_back({place->sequence, place->deliveries, shared});
  }

  void extend_late(SteadyTime now) {
    if (now <= next_extension_ || !connection_->is_connected()) return;
    next_extension_ = (SteadyTime::max)();
    for (auto& [sequence, held] : held_) {
      if (held.until <= now) continue;
      if (held.until - now < half_) {
        const natsStatus status = send_to_nats(*connection_, natsMsg_GetReply(held.message.get()), {}, "+WPI");
        if (status == NATS_OK) held.until = now + options_.ack_wait;
      }
      next_extension_ = (std::min)(next_extension_, held.until - half_);
    }
  }

  /// What was told long ago.
  void tell_again(SteadyTime now) {
    if (now < next_telling_) return;
    next_telling_ = (SteadyTime::max)();
    for (auto& [sequence, told] : told_) {
      if (now - told.told_at >= NatsPublisher::again_after) send(sequence, told);
      next_telling_ = (std::min)(next_telling_, told.told_at + NatsPublisher::again_after);
    }
  }

  void tell(std::uint64_t sequence, std::string_view what) noexcept {
    const std::scoped_lock lock{mutex_};
    const auto held = held_.find(sequence);
    if (held == held_.end()) return;
    const auto told = told_.insert_or_assign(sequence, Told{std::move(held->second.message), what, {}}).first;
    held_.erase(held);
    if (what == given_back) note_loss();
    send(sequence, told->second);
  }
  /// The server will deliver again what it has delivered here, perhaps to others.
  void note_loss() noexcept {
    ++losses_;
    has_all_until_ = {};
  }

  /// When that fails, `settle` does it again.
  void send(std::uint64_t sequence, Told& told) {
    told.told_at = std::chrono::steady_clock::now();
    next_telling_ = (std::min)(next_telling_, told.told_at + NatsPublisher::again_after);
    if (!connection_->is_connected()) return;
    send_to_nats(*connection_, natsMsg_GetReply(told.message.get()), answers_.subject(sequence), told.what);
  }

  /// As errors call a message.
  std::string place_of(std::uint64_t sequence) const {
    return "the message " + std::to_string(sequence) + " of the stream " + in_quotes(options_.stream);
  }

  /// @throws MessagesNotPublishedError
  void publish_dead_letter(std::uint64_t sequence, int deliveries, const std::string& reason) {
    std::shared_ptr<natsMsg> message;
    {
      const std::scoped_lock lock{mutex_};
      const auto held = held_.find(sequence);
      if (held == held_.end()) return;
      message = held->second.message;
    }
    const LeftOut left_out = publish_nats_dead_letter(*connection_, {.message = message.get(),
                                                                     .subject = options_.dead_letter_subject,
                                                                     .stream = options_.stream,
                                                                     .durable = options_.durable,
                                                                     .sequence = sequence,
                                                                     .deliveries = deliveries,
                                                                     .reason = reason});
    tell_what_was_left_out(options_.on_error, place_of(sequence), left_out);
  }

  static constexpr std::string_view given_back = "-NAK";

  std::shared_ptr<NatsConnection> connection_;
  NatsDurableOptions options_;
  std::string name_;                  ///< `stream.durable`
  std::chrono::milliseconds half_{};  ///< Of the time for which the server waits.
  NatsInbox inbox_;                   ///< Messages, and what there is to say of requests.
  NatsInbox answers_;                 ///< That the server has heard what it was told.
  std::uint64_t last_request_ = 0;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Held> held_{};  ///< By their sequences in the stream.
  std::map<std::uint64_t, Told> told_{};  ///< Likewise; the server may not know it yet.
  std::uint64_t losses_ = 0;
  std::int64_t last_delivery_ = 0;                   ///< Since it was known that all is here; by its number.
  SteadyTime has_all_until_{};                       ///< Until then that is known.
  SteadyTime next_extension_ = (SteadyTime::max)();  ///< Of those that are held, when the first one must be extended.
  SteadyTime next_telling_ = (SteadyTime::max)();    ///< When the server is to be told the first one again.
};

}  // namespace castore::detail

#endif
