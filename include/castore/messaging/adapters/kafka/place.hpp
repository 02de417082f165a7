// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_KAFKA_PLACE_HPP
#define CASTORE_MESSAGING_ADAPTERS_KAFKA_PLACE_HPP

#include <castore/config.hpp>
#include <castore/detail/text.hpp>

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace castore::detail {

/// A partition that is, or was, this program's.
struct KafkaPartition {
  std::string topic{};
  std::int32_t number = 0;
  std::uint64_t assignment = 0;                      ///< Since when it is this program's; 0 when it no longer is.
  std::int64_t next = RD_KAFKA_OFFSET_INVALID;       ///< Behind the last message that was read.
  std::int64_t committed = RD_KAFKA_OFFSET_INVALID;  ///< Up to there.
  std::set<std::int64_t> open{};                     ///< Read and not handled.
  std::vector<std::int64_t> in_hand{};               ///< Some of these, one for each thread.
  bool reads_again = false;
  bool is_paused = false;  ///< Brokers are not asked for its messages.
  bool is_leaving = false;
};

/// Where a message is, and since which assignment of its partition it is this program's.
struct KafkaPlace {
  std::shared_ptr<KafkaPartition> partition{};
  std::int64_t offset = 0;
  std::uint64_t assignment = 0;
  std::uint64_t poll = 0;  ///< Which one received it.
};

/// As errors call a message.
inline std::string kafka_message_name(const KafkaPlace& place) {
  return "the message at offset " + std::to_string(place.offset) + " of partition " +
         std::to_string(place.partition->number) + " of the topic " + in_quotes(place.partition->topic);
}

}  // namespace castore::detail

#endif
