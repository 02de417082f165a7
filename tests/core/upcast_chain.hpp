// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_CORE_UPCAST_CHAIN_HPP
#define CASTORE_TESTS_CORE_UPCAST_CHAIN_HPP

/// @file
/// An event that had four forms, one in each release of a program, and what its newest release makes of a storage in
/// which all four are.

#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/maintenance/copy_events.hpp>
#include <castore/maintenance/pour.hpp>
#include <castore/messaging/message.hpp>
#include <castore/messaging/message_channel_adapter.hpp>
#include <castore/messaging/message_json.hpp>
#include <castore/snapshots.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace castore_tests::upcast_chain {

struct Caught1 {
  static constexpr std::string_view type = "CAUGHT";
  std::string trainer;
};
struct Caught2 {  // the field has another name
  static constexpr std::string_view type = "CAUGHT_2";
  std::string who;
  using upcasts = castore::Upcasts<Caught1>;
  static Caught2 upcast(Caught1 old) { return {std::move(old.trainer)}; }
};
struct Caught3 {  // there is one more, which nobody knew before
  static constexpr std::string_view type = "CAUGHT_3";
  std::string who;
  int balls = 0;
  using upcasts = castore::Upcasts<Caught2>;
  static Caught3 upcast(Caught2 old) { return {std::move(old.who), 1}; }
};
struct Caught {  // and one that follows from where the event stands
  static constexpr std::string_view type = "CAUGHT_4";
  std::string who;
  int balls = 0;
  castore::Version turn = 0;
  using upcasts = castore::Upcasts<Caught3>;
  static Caught upcast(Caught3 old, const castore::UpcastInfo& info) {
    return {std::move(old.who), old.balls, info.version};
  }
  friend bool operator==(const Caught&, const Caught&) = default;
};

struct Ball {
  std::string aggregate_id;
  castore::Version version = 0;
  std::string seen;
  friend bool operator==(const Ball&, const Ball&) = default;
};
struct Reducer {
  void operator()(Ball& ball, const Caught& event) const {
    ball.seen += event.who + std::to_string(event.balls) + std::to_string(event.turn) + " ";
  }
};
using Events = castore::Events<Caught>;
using Store = castore::EventStore<Events, Ball, Reducer>;

/// As of the first release.
struct FirstReducer {
  void operator()(Ball& ball, const Caught1& event) const { ball.seen += event.trainer; }
};
using FirstStore = castore::EventStore<castore::Events<Caught1>, Ball, FirstReducer>;

/// A read model in this process.
struct Seen {
  static constexpr std::string_view name = "seen";
  static constexpr int version = 1;
  std::vector<Caught>* all;
  template <class Transaction>
  void operator()(Transaction&, const Caught& event) const {
    all->push_back(event);
  }
};
/// A channel that keeps what is poured into it.
struct Glass {
  void publish_message(const castore::NotificationMessage<Events>& message, const castore::PublishMessageOptions&) {
    poured.push_back(message.event.get_if<Caught>()->payload);
    json.push_back(nlohmann::json(message)["event"]["type"].get<std::string>());
  }
  std::vector<Caught> poured{};
  std::vector<std::string> json{};
};

/// What the four releases stored: types and payloads of the versions 1 to 4.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 4> stored{
    {{"CAUGHT", R"({"trainer":"ash"})"},
     {"CAUGHT_2", R"({"who":"misty"})"},
     {"CAUGHT_3", R"({"who":"brock","balls":3})"},
     {"CAUGHT_4", R"({"who":"gary","balls":4,"turn":9})"}}};

/// The same events in the newest form.
inline std::vector<Caught> newest() { return {{"ash", 1, 1}, {"misty", 1, 2}, {"brock", 3, 3}, {"gary", 4, 9}}; }
inline std::vector<Caught> payloads(std::span<const Store::Event> events) {
  std::vector<Caught> all;
  for (const Store::Event& event : events) all.push_back(event.get_if<Caught>()->payload);
  return all;
}

/// Stores them as they are.
template <class Storage>
void store_forms(Storage& storage, const std::string& id) {
  castore::Version version = 0;
  for (const auto& [type, payload] : stored) {
    ++version;
    const castore::PushRecord record{"BALLS", {id, version, std::string{type}, at(version), std::string{payload}, {}}};
    CHECK(storage.push_events({&record, 1}, {}).status == castore::PushOutcome::pushed);
  }
}

/// What every part of a program makes of a storage that holds the four forms as one aggregate, and nothing else of
/// BALLS.
template <class Storage>
void check_forms(Storage& storage, const std::string& id) {
  Store store{"BALLS", storage};
  const std::string seen = "ash11 misty12 brock33 gary49 ";
  CHECK(payloads(store.get_events(id)) == newest());
  CHECK(store.get_existing_aggregate(id).seen == seen);
  CHECK(store.get_existing_aggregate(id, {.max_version = 2}).seen == "ash11 misty12 ");

  const FirstStore first{"BALLS", storage};
  const auto unknown = error_of<castore::UnknownEventTypeError>([&] { (void)first.get_aggregate(id); });
  CHECK(unknown.version() == 2);
  CHECK(unknown.type() == "CAUGHT_2");
  CHECK(first.get_existing_aggregate(id, {.max_version = 1}).seen == "ash");

  if constexpr (castore::ReadsAllEvents<Storage>) {
    castore::Subscription subscription{
        "chain", storage, std::tie(store), {.checkpoints = std::make_shared<castore::InMemoryCheckpointStore>()}};
    std::vector<Caught> handled;
    subscription.catch_up([&handled](const castore::EventDetail<Caught>& event) { handled.push_back(event.payload); });
    CHECK(handled == newest());
    std::vector<Caught> projected;
    castore::AsyncProjection projection{storage, std::tie(store), Seen{&projected}};
    projection.catch_up();
    CHECK(projected == newest());
  }

  // What is told to others has the newest form, and what older programs told is understood.
  Glass glass;
  castore::pour_event_store_events(store, glass);
  CHECK(glass.poured == newest());
  CHECK(glass.json == std::vector<std::string>(4, "CAUGHT_4"));
  for (std::size_t form = 0; form < stored.size(); ++form) {
    const nlohmann::json told{{"eventStoreId", "BALLS"},
                              {"event",
                               {{"aggregateId", id},
                                {"version", form + 1},
                                {"type", stored[form].first},
                                {"timestamp", "2022-01-01T00:00:00.000Z"},
                                {"payload", nlohmann::json::parse(stored[form].second)}}}};
    const auto message = told.get<castore::NotificationMessage<Events>>();
    CHECK(message.event.get_if<Caught>()->payload == newest()[form]);
  }

  // Snapshots hold what the newest release made of them.
  castore::InMemorySnapshotStorage snapshots;
  castore::SnapshotEventStore fast{store, snapshots, {.policy = castore::every(1)}};
  CHECK(fast.get_existing_aggregate(id).seen == seen);
  CHECK(fast.get_existing_aggregate(id).seen == seen);
  CHECK(fast.statistics().hits == 1);

  // A copy of records keeps the forms, one of events does not.
  castore::InMemoryEventStorageAdapter target;
  CHECK(castore::copy_events(storage, target, {.event_store_ids = {"BALLS"}}).written_count == stored.size());
  std::vector<std::string> types;
  target.get_events("BALLS", id, {}, [&](const castore::EventRecordView& event) { types.emplace_back(event.type); });
  CHECK(types == std::vector<std::string>{"CAUGHT", "CAUGHT_2", "CAUGHT_3", "CAUGHT_4"});
  CHECK(payloads(Store{"BALLS", target}.get_events(id)) == newest());
  Store copies{"COPIES", target};
  const auto same = [](std::span<const Store::Event> events) {
    return std::vector<Store::Event>(events.begin(), events.end());
  };
  castore::copy_events(store, copies, same, {.check = castore::folds_agree});
  types.clear();
  target.get_events("COPIES", id, {}, [&](const castore::EventRecordView& event) { types.emplace_back(event.type); });
  CHECK(types == std::vector<std::string>(4, "CAUGHT_4"));

  castore::Command command{"CATCH", store, [](const Ball& ball) { return Caught{"may", 1, ball.version + 1}; }};
  command(id);
  CHECK(store.get_existing_aggregate(id).seen == seen + "may15 ");
  CHECK(fast.get_existing_aggregate(id).seen == seen + "may15 ");
}

}  // namespace castore_tests::upcast_chain

#endif
