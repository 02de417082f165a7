// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_KAFKA_GROUP_HPP
#define CASTORE_MESSAGING_ADAPTERS_KAFKA_GROUP_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>
#include <castore/messaging/adapters/kafka/client.hpp>
#include <castore/messaging/adapters/kafka/message.hpp>
#include <castore/messaging/adapters/kafka/publisher.hpp>
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
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace castore::detail {

struct KafkaGroupOptions {
  std::vector<std::string> topics{};
  std::string group{};
  std::string dead_letter_topic{};
  std::size_t max_messages = 0;
  std::chrono::milliseconds rebalance_wait{};
  std::function<void(const std::exception_ptr&)> on_error{};
};

/// Where a message is, and since which assignment of its partition it is this program's.
struct KafkaPlace {
  std::string topic{};
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::uint64_t assignment = 0;
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

  /// Waits for messages. For one thread at a time, and often: whoever does not ask is left out of the group.
  std::vector<std::pair<KafkaPlace, KafkaPointer<rd_kafka_message_t>>> poll(SteadyTime until) {
    std::vector<std::pair<KafkaPlace, KafkaPointer<rd_kafka_message_t>>> messages;
    read_again();
    pause_or_resume();
    while (held() < options_.max_messages || messages.empty()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      const int wait = messages.empty() ? static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000)) : 0;
      KafkaPointer<rd_kafka_message_t> message{rd_kafka_consumer_poll(client_.get(), wait)};
      if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (!messages.empty()) break;
        complain(message->err);
      } else if (message) {
        if (std::optional<KafkaPlace> place = note(*message))
          messages.emplace_back(*std::move(place), std::move(message));
      } else if (!messages.empty() || std::chrono::steady_clock::now() >= until) {
        break;
      }
    }
    return messages;
  }

  /// How many messages are here that are not handled.
  std::size_t held() const {
    const std::scoped_lock lock{mutex_};
    std::size_t count = 0;
    for (const auto& [name, partition] : partitions_) count += partition.open.size();
    return count;
  }

  /// The message is about to be handled. @return Whether it still is this program's.
  bool begin(const KafkaPlace& place) {
    const std::scoped_lock lock{mutex_};
    Partition* const partition = find(place);
    if (partition == nullptr || partition->is_leaving || partition->reads_again) return false;
    partition->in_hand.insert_or_assign(place.offset, true);
    return true;
  }
  void put_down(const KafkaPlace& place) {
    const std::scoped_lock lock{mutex_};
    if (Partition* const partition = find(place)) partition->in_hand.erase(place.offset);
    put_down_.notify_all();
  }
  void acknowledge(const KafkaPlace& place) {
    const std::scoped_lock lock{mutex_};
    if (Partition* const partition = find(place)) {
      partition->in_hand.erase(place.offset);
      partition->open.erase(place.offset);
    }
    put_down_.notify_all();
  }
  /// Nobody here handles it now, so its partition is read again from there.
  void give_back(const KafkaPlace& place) {
    const std::scoped_lock lock{mutex_};
    if (Partition* const partition = find(place)) {
      partition->in_hand.erase(place.offset);
      partition->reads_again = partition->reads_again || partition->open.contains(place.offset);
    }
    put_down_.notify_all();
  }
  /// Publishes it to where dead letters are, if there is such a place; when it cannot be it is read again.
  /// @return Whether it is.
  bool bury(const KafkaPlace& place, const rd_kafka_message_t& message, const std::string& reason) noexcept {
    try {
      if (dead_letters_) {
        KafkaOutgoingMessage letter{.key = std::string{kafka_text(message.key, message.key_len)},
                                    .body = std::string{kafka_text(message.payload, message.len)},
                                    .headers = {{"topic", place.topic},
                                                {"partition", std::to_string(place.partition)},
                                                {"offset", std::to_string(place.offset)},
                                                {"reason", reason}},
                                    .name = "the dead letter"};
        std::ranges::move(kafka_form_headers(message), std::back_inserter(letter.headers));
        dead_letters_->publish(options_.dead_letter_topic, {letter});
      }
      acknowledge(place);
      return false;
    } catch (const std::exception&) {
      give_back(place);
      return true;
    }
  }

  /// Commits what was handled. @throws KafkaError
  void commit() {
    const std::scoped_lock committing{committing_};
    std::vector<KafkaPlace> done;
    {
      const std::scoped_lock lock{mutex_};
      for (const auto& [name, partition] : partitions_) add_done(name, partition, done);
    }
    commit(done);
  }

 private:
  using Name = std::pair<std::string, std::int32_t>;
  struct Partition {
    std::uint64_t assignment = 0;
    std::int64_t next = RD_KAFKA_OFFSET_INVALID;       ///< Behind the last message that was read.
    std::int64_t committed = RD_KAFKA_OFFSET_INVALID;  ///< Up to there.
    std::map<std::int64_t, bool> open{};               ///< Read and not handled.
    std::map<std::int64_t, bool> in_hand{};            ///< Some of these.
    bool reads_again = false;
    bool is_leaving = false;
  };

  static void check_kafka(rd_kafka_resp_err_t error) {
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw kafka_error(error);
  }

  Partition* find(const KafkaPlace& place) {
    const auto found = partitions_.find({place.topic, place.partition});
    return found != partitions_.end() && found->second.assignment == place.assignment ? &found->second : nullptr;
  }

  std::optional<KafkaPlace> note(const rd_kafka_message_t& message) {
    const std::scoped_lock lock{mutex_};
    const auto found = partitions_.find({rd_kafka_topic_name(message.rkt), message.partition});
    if (found == partitions_.end() || found->second.reads_again) return std::nullopt;
    found->second.open.emplace(message.offset, true);
    found->second.next = message.offset + 1;
    return KafkaPlace{found->first.first, message.partition, message.offset, found->second.assignment};
  }

  /// Seeks what was given back; what is here of these partitions is nobody's.
  void read_again() {
    std::vector<KafkaPlace> places;
    {
      const std::scoped_lock lock{mutex_};
      for (auto& [name, partition] : partitions_) {
        if (!partition.reads_again || partition.open.empty() || !partition.in_hand.empty()) continue;
        places.push_back({name.first, name.second, partition.open.begin()->first, 0});
      }
    }
    for (const KafkaPlace& place : places) {
      const KafkaPointer<rd_kafka_topic_partition_list_t> list = list_of({place});
      constexpr int at_most = 5'000;
      const KafkaPointer<rd_kafka_error_t> error{rd_kafka_seek_partitions(client_.get(), list.get(), at_most)};
      if (error || list->elems[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;  // the next time
      const std::scoped_lock lock{mutex_};
      const auto found = partitions_.find({place.topic, place.partition});
      if (found == partitions_.end()) continue;
      found->second.assignment = ++last_assignment_;
      found->second.open.clear();
      found->second.next = place.offset;
      found->second.reads_again = false;
    }
  }

  /// With as many messages as may be here, brokers are asked for no more; the group is told that this program lives.
  void pause_or_resume() {
    const bool is_full = held() >= options_.max_messages;
    rd_kafka_topic_partition_list_t* assigned = nullptr;
    if (is_full == is_paused_ && !is_full) return;
    if (rd_kafka_assignment(client_.get(), &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const KafkaPointer<rd_kafka_topic_partition_list_t> owned{assigned};
    if (is_full) rd_kafka_pause_partitions(client_.get(), assigned);
    if (!is_full) rd_kafka_resume_partitions(client_.get(), assigned);
    is_paused_ = is_full;
  }

  void rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t& partitions) {
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      {
        const std::scoped_lock lock{mutex_};
        for (int index = 0; index < partitions.cnt; ++index) {
          partitions_[{partitions.elems[index].topic, partitions.elems[index].partition}] = {.assignment =
                                                                                                 ++last_assignment_};
        }
      }
      rd_kafka_assign(client_.get(), &partitions);
      return;
    }
    const bool is_lost = rd_kafka_assignment_lost(client_.get()) != 0;
    std::vector<KafkaPlace> done;
    {
      std::unique_lock lock{mutex_};
      const auto names = names_of(partitions);
      for (const Name& name : names) partitions_[name].is_leaving = true;
      // Whoever gets them would handle messages that are in other threads' hands.
      put_down_.wait_for(lock, is_lost ? std::chrono::milliseconds{0} : options_.rebalance_wait, [&] {
        return std::ranges::all_of(names, [&](const Name& name) { return partitions_[name].in_hand.empty(); });
      });
      for (const Name& name : names) {
        if (!is_lost) add_done(name, partitions_[name], done);
        partitions_.erase(name);
      }
    }
    try {
      commit(done);
    } catch (const KafkaError&) {  // then they come again to whoever has them
    }
    rd_kafka_assign(client_.get(), nullptr);
    is_paused_ = false;
  }

  static std::vector<Name> names_of(const rd_kafka_topic_partition_list_t& partitions) {
    std::vector<Name> names;
    for (int index = 0; index < partitions.cnt; ++index) {
      names.emplace_back(partitions.elems[index].topic, partitions.elems[index].partition);
    }
    return names;
  }

  static void add_done(const Name& name, const Partition& partition, std::vector<KafkaPlace>& done) {
    const std::int64_t until = partition.open.empty() ? partition.next : partition.open.begin()->first;
    if (until < 0 || until == partition.committed || partition.next < 0) return;
    done.push_back({name.first, name.second, until, partition.assignment});
  }

  static KafkaPointer<rd_kafka_topic_partition_list_t> list_of(const std::vector<KafkaPlace>& places) {
    KafkaPointer<rd_kafka_topic_partition_list_t> list{
        rd_kafka_topic_partition_list_new(static_cast<int>(places.size()))};
    for (const KafkaPlace& place : places) {
      rd_kafka_topic_partition_list_add(list.get(), place.topic.c_str(), place.partition)->offset = place.offset;
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
      if (Partition* const partition = find(place)) partition->committed = place.offset;
    }
  }

  /// What librdkafka tries again by itself is only told.
  void report(rd_kafka_resp_err_t error) {
    if (options_.on_error) options_.on_error(std::make_exception_ptr(kafka_error(error)));
  }
  void complain(rd_kafka_resp_err_t error) {
    if (error == RD_KAFKA_RESP_ERR__PARTITION_EOF || error == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) return;
    if (!is_transient_kafka_error(error)) throw kafka_error(error);
    report(error);
  }

  KafkaGroupOptions options_;
  std::shared_ptr<KafkaProducer> dead_letters_;
  std::mutex committing_{};
  mutable std::mutex mutex_{};
  std::condition_variable put_down_{};
  std::map<Name, Partition> partitions_{};
  std::uint64_t last_assignment_ = 0;
  bool is_paused_ = false;
  KafkaPointer<rd_kafka_t> client_{};
};

}  // namespace castore::detail

#endif
