// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_KAFKA_GROUP_HPP
#define CASTORE_MESSAGING_ADAPTERS_KAFKA_GROUP_HPP

#include <castore/config.hpp>
#include <castore/detail/stopping.hpp>
#include <castore/messaging/adapters/kafka/client.hpp>
#include <castore/messaging/adapters/kafka/dead_letter.hpp>
#include <castore/messaging/adapters/kafka/place.hpp>
#include <castore/messaging/adapters/kafka/publisher.hpp>
#include <castore/messaging/detail/dead_letter.hpp>
#include <castore/messaging/detail/message_recipient.hpp>
#include <castore/messaging/errors.hpp>

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

struct KafkaGroupOptions {
  std::vector<std::string> topics{};
  std::string group{};
  std::string dead_letter_topic{};
  std::size_t max_messages = 0;
  std::chrono::milliseconds rebalance_wait{};
  ErrorListener on_error{};
};

/// A member of a consumer group: the partitions that it has, and which of their messages were handled. Of each
/// partition the offset behind the last message before which all were handled is committed. Source: librdkafka 2.0,
/// rdkafka.h and INTRODUCTION.md, "Consumer groups".
class KafkaGroup {
 public:
  KafkaGroup(const KafkaSettings& settings, KafkaGroupOptions options, std::shared_ptr<KafkaProducer> dead_letters)
      : options_{std::move(options)}, dead_letters_{std::move(dead_letters)} {
    KafkaPointer<rd_kafka_conf_t> native =
        kafka_settings(settings, {{"group.id", options_.group},
                                  {"enable.auto.commit", "false"},
                                  {"enable.auto.offset.store", "false"},
                                  {"auto.offset.reset", "earliest"},
                                  {"partition.assignment.strategy", "range,roundrobin"}});
    rd_kafka_conf_set_opaque(native.get(), this);
    rd_kafka_conf_set_rebalance_cb(
        native.get(), [](rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions,
                         void* self) { static_cast<KafkaGroup*>(self)->rebalance(what, *partitions); });
    rd_kafka_conf_set_error_cb(native.get(), [](rd_kafka_t*, int error, const char*, void* self) {
      static_cast<KafkaGroup*>(self)->report(static_cast<rd_kafka_resp_err_t>(error));
    });
    client_ = kafka_client(RD_KAFKA_CONSUMER, std::move(native));
    rd_kafka_poll_set_consumer(client_.get());
    const KafkaPointer<rd_kafka_topic_partition_list_t> topics{
        rd_kafka_topic_partition_list_new(static_cast<int>(options_.topics.size()))};
    for (const std::string& topic : options_.topics) {
      rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    check_kafka(rd_kafka_subscribe(client_.get(), topics.get()));
  }
  KafkaGroup(const KafkaGroup&) = delete;
  KafkaGroup& operator=(const KafkaGroup&) = delete;
  /// Leaves the group.
  ~KafkaGroup() { rd_kafka_consumer_close(client_.get()); }

  /// Waits for messages, until a stop at most. For one thread at a time, and often: whoever does not ask is left out of
  /// the group. @throws KafkaError
  std::vector<std::pair<KafkaPlace, KafkaPointer<rd_kafka_message_t>>> poll(SteadyTime until,
                                                                            const StopToken& stop = {}) {
    std::vector<std::pair<KafkaPlace, KafkaPointer<rd_kafka_message_t>>> messages;
    complain(std::exchange(kept_error_, RD_KAFKA_RESP_ERR_NO_ERROR));
    read_again();
    pause_or_resume();
    delay_.begin_poll();
    const std::size_t held_before = held();
    const std::size_t room = options_.max_messages > held_before ? options_.max_messages - held_before : 1;
    while (messages.size() < room) {
      KafkaPointer<rd_kafka_message_t> message{
          rd_kafka_consumer_poll(client_.get(), messages.empty() ? wait_of(until) : 0)};
      if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (!messages.empty()) {  // these first: to complain may be to throw
          kept_error_ = message->err;
          break;
        }
        complain(message->err);
      } else if (message) {
        if (std::optional<KafkaPlace> place = note(*message)) {
          messages.emplace_back(*std::move(place), std::move(message));
          continue;
        }
        pause_or_resume();  // its partition is read again since a moment ago
      } else if (!messages.empty()) {
        break;
      }
      if (stop.stop_requested() || std::chrono::steady_clock::now() >= until) break;
    }
    return messages;
  }

  /// How many messages are here that are not handled.
  std::size_t held() const {
    const std::scoped_lock lock{mutex_};
    std::size_t count = 0;
    for (const auto& [name, partition] : partitions_) count += partition->open.size();
    return count;
  }

  /// The message is about to be handled. @return Whether it still is this program's.
  bool begin(const KafkaPlace& place) {
    const std::scoped_lock lock{mutex_};
    KafkaPartition* const partition = find(place);
    if (partition == nullptr || partition->is_leaving || partition->reads_again) return false;
    partition->in_hand.push_back(place.offset);
    return true;
  }
  void put_down(const KafkaPlace& place) {
    const std::scoped_lock lock{mutex_};
    if (KafkaPartition* const partition = find(place)) std::erase(partition->in_hand, place.offset);
    put_down_.notify_all();
  }
  void acknowledge(const KafkaPlace& place) {
    const std::scoped_lock lock{mutex_};
    if (KafkaPartition* const partition = find(place)) {
      std::erase(partition->in_hand, place.offset);
      partition->open.erase(place.offset);
    }
    put_down_.notify_all();
  }
  /// Nobody here handles it now, so its partition is read again from there.
  void give_back(const KafkaPlace& place) {
    const std::scoped_lock lock{mutex_};
    if (KafkaPartition* const partition = find(place)) {
      std::erase(partition->in_hand, place.offset);
      partition->reads_again = partition->reads_again || partition->open.contains(place.offset);
    }
    put_down_.notify_all();
  }
  /// Publishes it to where dead letters are, if there is such a place; when it cannot be it is read again.
  /// @return Whether it is.
  bool bury(const KafkaPlace& place, const rd_kafka_message_t& message, const std::string& reason) noexcept {
    const SteadyTime began = std::chrono::steady_clock::now();
    try {
      if (dead_letters_) {
        delay_.expect_none(place);
        const LeftOut left_out = publish_kafka_dead_letter(*dead_letters_, options_.dead_letter_topic,
                                                           {.place = place, .message = message, .reason = reason});
        delay_.end();
        tell_what_was_left_out(options_.on_error, kafka_message_name(place), left_out);
      }
      acknowledge(place);
      return false;
    } catch (const std::exception& error) {
      delay_.note(error, began);
      give_back(place);
      tell_of_delayed_letter(options_.on_error, kafka_message_name(place), error);
      return true;
    }
  }

  /// Commits what was handled. @throws KafkaError
  void commit() {
    const std::scoped_lock committing{committing_};
    std::vector<KafkaPlace> done;
    {
      const std::scoped_lock lock{mutex_};
      for (const auto& [name, partition] : partitions_) add_done(partition, done);
    }
    commit(done);
  }

 private:
  /// Looks up a name of librdkafka's without a copy of it.
  struct ByName {
    using is_transparent = void;
    template <class Left, class Right>
    bool operator()(const std::pair<Left, std::int32_t>& left, const std::pair<Right, std::int32_t>& right) const {
      const int order = std::string_view{left.first}.compare(right.first);
      return order != 0 ? order < 0 : left.second < right.second;
    }
  };
  using Name = std::pair<std::string_view, std::int32_t>;

  /// In milliseconds, at most a second, so that a stop is noticed.
  static int wait_of(SteadyTime until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000));
  }

  static void check_kafka(rd_kafka_resp_err_t error) {
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw kafka_error(error);
  }

  /// @return Nothing when it is no longer this program's, or was assigned to it again.
  static KafkaPartition* find(const KafkaPlace& place) {
    return place.partition->assignment == place.assignment ? place.partition.get() : nullptr;
  }

  std::optional<KafkaPlace> note(const rd_kafka_message_t& message) {
    const std::scoped_lock lock{mutex_};
    const auto found = partitions_.find(Name{rd_kafka_topic_name(message.rkt), message.partition});
    if (found == partitions_.end() || found->second->reads_again) return std::nullopt;
    KafkaPartition& partition = *found->second;
    partition.open.insert(partition.open.end(), message.offset);
    partition.next = message.offset + 1;
    return KafkaPlace{found->second, message.offset, partition.assignment, delay_.poll()};
  }

  /// Seeks what was given back; what is here of these partitions is nobody's.
  void read_again() {
    std::vector<KafkaPlace> places;
    {
      const std::scoped_lock lock{mutex_};
      for (const auto& [name, partition] : partitions_) {
        if (!partition->reads_again || partition->open.empty() || !partition->in_hand.empty()) continue;
        places.push_back({partition, *partition->open.begin(), partition->assignment});
      }
    }
    for (const KafkaPlace& place : places) {
      const KafkaPointer<rd_kafka_topic_partition_list_t> list = list_of({place});
      constexpr int at_most = 5'000;
      const KafkaPointer<rd_kafka_error_t> error{rd_kafka_seek_partitions(client_.get(), list.get(), at_most)};
      if (error || list->elems[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;  // the next time
      const std::scoped_lock lock{mutex_};
      KafkaPartition* const partition = find(place);
      if (partition == nullptr) continue;
      partition->assignment = ++last_assignment_;
      partition->open.clear();
      partition->next = place.offset;
      partition->reads_again = false;
    }
  }

  /// Brokers are asked for no more where as many messages are here as may be, and for none of a partition that is read
  /// again later; the group is told that this program lives.
  void pause_or_resume() {
    const bool is_full = held() >= options_.max_messages;
    std::vector<KafkaPlace> paused;
    std::vector<KafkaPlace> resumed;
    {
      const std::scoped_lock lock{mutex_};
      for (const auto& [name, partition] : partitions_) {
        const bool is_paused = is_full || partition->reads_again;
        if (std::exchange(partition->is_paused, is_paused) == is_paused) continue;
        (is_paused ? paused : resumed).push_back({partition});
      }
    }
    if (!paused.empty()) rd_kafka_pause_partitions(client_.get(), list_of(paused).get());
    if (!resumed.empty()) rd_kafka_resume_partitions(client_.get(), list_of(resumed).get());
  }

  void rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t& partitions) {
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      {
        const std::scoped_lock lock{mutex_};
        for (const Name& name : names_of(partitions)) {
          forget(name);
          const std::string topic{name.first};
          partitions_.emplace(std::pair{topic, name.second},
                              std::make_shared<KafkaPartition>(KafkaPartition{
                                  .topic = topic, .number = name.second, .assignment = ++last_assignment_}));
        }
      }
      rd_kafka_assign(client_.get(), &partitions);
      return;
    }
    const bool is_lost = rd_kafka_assignment_lost(client_.get()) != 0;
    std::vector<KafkaPlace> done;
    {
      std::unique_lock lock{mutex_};
      std::vector<std::shared_ptr<KafkaPartition>> leaving;
      for (const Name& name : names_of(partitions)) {
        if (const auto found = partitions_.find(name); found != partitions_.end()) leaving.push_back(found->second);
      }
      for (const auto& partition : leaving) partition->is_leaving = true;
      // Whoever gets them would handle messages that are in other threads' hands.
      put_down_.wait_for(lock, is_lost ? std::chrono::milliseconds{0} : options_.rebalance_wait, [&] {
        return std::ranges::all_of(leaving, [](const auto& partition) { return partition->in_hand.empty(); });
      });
      if (!is_lost) {
        for (const auto& partition : leaving) add_done(partition, done);
      }
      for (const auto& partition : leaving) forget({partition->topic, partition->number});
    }
    try {
      commit(done);
    } catch (const KafkaError&) {  // then they come again to whoever has them
    }
    // librdkafka would keep the pause of a partition that comes back.
    rd_kafka_resume_partitions(client_.get(), &partitions);
    rd_kafka_assign(client_.get(), nullptr);
  }

  static std::vector<Name> names_of(const rd_kafka_topic_partition_list_t& partitions) {
    std::vector<Name> names;
    for (int index = 0; index < partitions.cnt; ++index) {
      names.emplace_back(partitions.elems[index].topic, partitions.elems[index].partition);
    }
    return names;
  }

  /// What is here of its messages is nobody's.
  void forget(const Name& name) {
    const auto found = partitions_.find(name);
    if (found == partitions_.end()) return;
    found->second->assignment = 0;
    partitions_.erase(found);
  }

  static void add_done(const std::shared_ptr<KafkaPartition>& partition, std::vector<KafkaPlace>& done) {
    const std::int64_t until = partition->open.empty() ? partition->next : *partition->open.begin();
    if (until < 0 || until == partition->committed || partition->next < 0) return;
    done.push_back({partition, until, partition->assignment});
  }

  static KafkaPointer<rd_kafka_topic_partition_list_t> list_of(const std::vector<KafkaPlace>& places) {
    KafkaPointer<rd_kafka_topic_partition_list_t> list{
        rd_kafka_topic_partition_list_new(static_cast<int>(places.size()))};
    for (const KafkaPlace& place : places) {
      rd_kafka_topic_partition_list_add(list.get(), place.partition->topic.c_str(), place.partition->number)->offset =
          place.offset;
    }
    return list;
  }

  void commit(const std::vector<KafkaPlace>& done) {
    if (done.empty()) return;
    const KafkaPointer<rd_kafka_topic_partition_list_t> list = list_of(done);
    const rd_kafka_resp_err_t error = rd_kafka_commit(client_.get(), list.get(), 0);
    // Somebody else has the partitions by now, and handles what was not committed.
    if (error == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION || error == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
        error == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS) {
      return;
    }
    check_kafka(error);
    const std::scoped_lock lock{mutex_};
    for (const KafkaPlace& place : done) {
      if (KafkaPartition* const partition = find(place)) partition->committed = place.offset;
    }
  }

  /// What librdkafka tries again by itself is only told. Its frames are on the stack, which nothing may be thrown
  /// through.
  void report(rd_kafka_resp_err_t error) noexcept try {
    tell_listener(options_.on_error, std::make_exception_ptr(kafka_error(error)));
  } catch (const std::exception&) {  // no memory was left for its text
  }
  /// @throws KafkaError
  void complain(rd_kafka_resp_err_t error) {
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__PARTITION_EOF ||
        error == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
      return;
    }
    if (!is_transient_kafka_error(error)) throw kafka_error(error);
    report(error);
  }

  KafkaGroupOptions options_;
  std::shared_ptr<KafkaProducer> dead_letters_;
  std::mutex committing_{};
  mutable std::mutex mutex_{};
  std::condition_variable put_down_{};
  std::map<std::pair<std::string, std::int32_t>, std::shared_ptr<KafkaPartition>, ByName> partitions_{};
  std::uint64_t last_assignment_ = 0;
  KafkaLetterDelay delay_{};
  rd_kafka_resp_err_t kept_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;  ///< Came behind messages; for the next poll.
  KafkaPointer<rd_kafka_t> client_{};
};

}  // namespace castore::detail

#endif
