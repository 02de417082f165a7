// SPDX-License-Identifier: MIT
#ifndef CASTORE_MESSAGING_ADAPTERS_NATS_DEAD_LETTER_HPP
#define CASTORE_MESSAGING_ADAPTERS_NATS_DEAD_LETTER_HPP

#include <castore/config.hpp>
#include <castore/messaging/adapters/nats/connection.hpp>
#include <castore/messaging/adapters/nats/message.hpp>
#include <castore/messaging/adapters/nats/publisher.hpp>
#include <castore/messaging/detail/dead_letter.hpp>
#include <castore/messaging/errors.hpp>

#include <nats/nats.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace castore::detail {

/// A message that failed as often as it may, and where it comes from. What it refers to must outlive it.
struct NatsDeadLetter {
  natsMsg* message = nullptr;
  const std::string& subject;  ///< Where it goes.
  const std::string& stream;
  const std::string& durable;
  std::uint64_t sequence = 0;
  int deliveries = 0;
  const std::string& reason;
};

inline NatsOutgoingMessage nats_dead_letter(const NatsDeadLetter& dead, LeftOut left_out) {
  NatsOutgoingMessage letter{.subject = dead.subject, .name = "the dead letter"};
  if (left_out != LeftOut::origin) {
    const std::string place = dead.stream + "#" + std::to_string(dead.sequence);
    letter.headers = {{nats_message_id_header, "dead#" + dead.durable + "#" + place},
                      {"Castore-Subject", natsMsg_GetSubject(dead.message)},
                      {"Castore-Stream", dead.stream},
                      {"Castore-Sequence", std::to_string(dead.sequence)},
                      {"Castore-Deliveries", std::to_string(dead.deliveries)},
                      {"Castore-Reason", nats_escaped(dead.reason, "%")}};
  }
  if (const std::string_view replay = nats_header(dead.message, nats_replay_header); !replay.empty()) {
    letter.headers.emplace_back(nats_replay_header, replay);
  }
  if (left_out == LeftOut::body) {
    letter.headers.emplace_back("Castore-Left-Out", "body");
    return letter;
  }
  letter.body = data_of(dead.message);
  std::ranges::move(nats_form_headers(dead.message), std::back_inserter(letter.headers));
  return letter;
}

inline bool is_too_large_for_stream(const MessagesNotPublishedError& error) {
  constexpr int message_exceeds_maximum = 10054;
  try {
    std::rethrow_if_nested(error);
  } catch (const NatsError& cause) {
    return cause.code() == message_exceeds_maximum;
  }
  return false;
}

/// @return What did not fit. @throws MessagesNotPublishedError
inline LeftOut publish_nats_dead_letter(const NatsConnection& connection, const NatsDeadLetter& dead) {
  const std::size_t most = connection.max_message_size();
  return publish_what_fits([&](LeftOut without) {
    const std::vector<NatsOutgoingMessage> letters{nats_dead_letter(dead, without)};
    if (letters.front().size() > most) return false;
    try {
      NatsPublisher{connection, letters, connection.request_timeout()}.publish(most);
      return true;
    } catch (const MessagesNotPublishedError& error) {
      if (!is_too_large_for_stream(error)) throw;
      return false;
    }
  });
}

}  // namespace castore::detail

#endif
