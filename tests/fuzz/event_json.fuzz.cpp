// SPDX-License-Identifier: MIT
// Stored text and JSON of any kind become events and messages, or are refused by the errors of the library; what was read
// comes back as it was.
#include "fuzz/fuzz.hpp"

#include <castore/castore.hpp>
#include <castore/messaging/errors.hpp>
#include <castore/messaging/message_bus.hpp>
#include <castore/messaging/message_json.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace castore_fuzz;

namespace {

enum class Ball { poke, great };
NLOHMANN_JSON_SERIALIZE_ENUM(Ball, {{Ball::poke, "poke"}, {Ball::great, "great"}})

struct Move {
  std::string name;
  std::optional<int> power;
  friend bool operator==(const Move&, const Move&) = default;
};
struct Found {
  static constexpr std::string_view type = "FOUND";
  using Metadata = std::optional<nlohmann::json>;
  std::int64_t number = 0;
  double weight = 0;
  Ball ball{};
  Move first;
  std::optional<Move> second;
  castore::Timestamp at{};
  std::map<std::string, std::vector<std::uint8_t>> sizes;
  nlohmann::json anything;
  friend bool operator==(const Found&, const Found&) = default;
};
struct Declared {
  static constexpr std::string_view type = "DECLARED";
  bool is_on = false;
  std::array<float, 2> pair{};
  friend bool operator==(const Declared&, const Declared&) = default;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Declared, is_on, pair)
};
using Events = castore::Events<Found, Declared>;

struct Monster {
  std::string aggregate_id;
  castore::Version version = 0;
  int level = 0;
};
struct Reducer {
  void operator()(Monster&, const Found&) const {}
  void operator()(Monster&, const Declared&) const {}
};
using Store = castore::EventStore<Events, Monster, Reducer>;

/// Refused by these errors only. @return Nothing when it is.
std::optional<castore::Event<Events>> event_of(const nlohmann::json& json) {
  try {
    return json.get<castore::Event<Events>>();
  } catch (const castore::InvalidEventError&) {
  } catch (const castore::EventDecodeError&) {
  } catch (const castore::UnknownEventTypeError&) {
  }
  return std::nullopt;
}

template <class Value>
void try_codec(const std::string& text) {
  std::optional<Value> value;
  try {
    value = castore::codec<Value>::decode(text);
  } catch (const nlohmann::json::exception&) {
    return;
  } catch (const std::invalid_argument&) {
    return;
  }
  const std::string written = castore::codec<Value>::encode(*value);
  require(castore::codec<Value>::decode(written) == *value, "a payload that was read comes back");
}

}  // namespace

void try_input(std::string_view input) {
  const std::string text{input};
  try_codec<Found>(text);
  try_codec<Declared>(text);

  const Store store{"S"};
  const castore::NotificationMessageBus bus{"B", store};
  const castore::StateCarryingMessageBus states{"C", store};
  const auto parse = [&text](const auto& channel) {
    try {
      const auto message = channel.parse_message(text);
      require(channel.parse_message(nlohmann::json(message).dump()).event == message.event, "a message comes back");
    } catch (const castore::InvalidMessageError&) {
    } catch (const castore::MessageChannelEventStoreNotFoundError&) {
    }
  };
  parse(bus);
  parse(states);

  nlohmann::json json;
  try {
    json = castore::detail::text_to_json(text);
  } catch (const nlohmann::json::exception&) {
    return;
  } catch (const std::invalid_argument&) {
    return;
  }
  if (const auto event = event_of(json)) {
    const auto back = event_of(nlohmann::json(*event));
    require(back && *back == *event, "an event that was read comes back");
  }
}
