// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_MESSAGING_SUPPORT_HPP
#define CASTORE_TESTS_MESSAGING_SUPPORT_HPP

#include <castore/castore.hpp>
#include <castore/messaging/message_channel_adapter.hpp>

#include "core/support.hpp"

#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castore_tests {

struct Appeared {
  static constexpr std::string_view type = "APPEARED";
  std::string name;

  friend bool operator==(const Appeared&, const Appeared&) = default;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Appeared, name)
};
struct LeveledUp {
  static constexpr std::string_view type = "LEVELED_UP";
};
using MonsterEvents = castore::Events<Appeared, LeveledUp>;

struct Monster : castore::Aggregate {
  std::string name{};
  int level = 0;

  friend bool operator==(const Monster& left, const Monster& right) {
    return left.aggregate_id == right.aggregate_id && left.version == right.version && left.name == right.name &&
           left.level == right.level;
  }
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Monster, name, level)
};
struct MonsterReducer {
  void operator()(Monster& monster, const Appeared& event) const { monster.name = event.name; }
  void operator()(Monster& monster, const LeveledUp&) const { ++monster.level; }
};
using MonsterStore = castore::EventStore<MonsterEvents, Monster, MonsterReducer>;

struct Joined {
  static constexpr std::string_view type = "JOINED";

  friend bool operator==(const Joined&, const Joined&) { return true; }
};
using TamerEvents = castore::Events<Joined>;
struct Tamer : castore::Aggregate {};
struct TamerReducer {
  void operator()(Tamer&, const Joined&) const {}
};
using TamerStore = castore::EventStore<TamerEvents, Tamer, TamerReducer>;

using MonsterMessage = castore::NotificationMessage<MonsterEvents>;
using MonsterStateMessage = castore::StateCarryingMessage<MonsterEvents, Monster>;
using TamerMessage = castore::NotificationMessage<TamerEvents>;

inline MonsterMessage appeared(std::string id, std::string store = "MONSTERS") {
  return {std::move(store), castore::EventDetail<Appeared>{std::move(id), 1, at(1), {"Pikachu"}}};
}
inline MonsterMessage leveled_up(std::string id, castore::Version version, std::string store = "MONSTERS") {
  return {std::move(store), castore::EventDetail<LeveledUp>{std::move(id), version, at(version), {}}};
}
inline TamerMessage joined(std::string id) {
  return {"TAMERS", castore::EventDetail<Joined>{std::move(id), 1, at(1), {}}};
}

/// Keeps what it gets as `STORE/id#version`, or `STORE/id` where there is no version; fails on request.
struct RecordingAdapter {
  void publish_messages(std::span<const castore::MessageView> messages, const castore::PublishMessageOptions& options) {
    const std::scoped_lock lock{mutex};
    ++calls;
    if (is_down) throw castore::StorageError{"the broker is down", true};
    for (const castore::MessageView& message : messages) {
      const castore::MessageHeader header = message.header();
      published.push_back(std::string{header.event_store_id} + '/' + std::string{header.aggregate_id} +
                          (header.version ? '#' + std::to_string(*header.version) : std::string{}) +
                          (options.replay ? " again" : ""));
      json.push_back(message.to_json());
    }
  }

  std::mutex mutex;
  bool is_down = false;
  int calls = 0;
  std::vector<std::string> published;
  std::vector<std::string> json;
};

using Published = std::vector<std::string>;

}  // namespace castore_tests

#endif
