// SPDX-License-Identifier: MIT
// Every message channel adapter of this library keeps every law of the contract, and each law can be broken.
#include <castore/testing/catch2_message_channel.hpp>

#include <castore/messaging/adapters/in_memory_bus.hpp>
#include <castore/messaging/adapters/in_memory_queue.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using castore::MessageView;
using castore::PublishMessageOptions;
using castore::testing::ChannelLawMessage;
using castore::testing::ReceivedMessage;

namespace {

struct InMemoryFixture {
  static constexpr std::size_t max_messages = 100;

  castore::MessageHandler<ChannelLawMessage> handler() {
    return [this](const ChannelLawMessage& message, const castore::MessageContext& context) {
      received.push_back({nlohmann::json(message).dump(), context.replay});
    };
  }

  std::vector<ReceivedMessage> received{};
};

struct QueueFixture : InMemoryFixture {
  auto& adapter() { return queue; }
  std::vector<ReceivedMessage> receive(std::size_t) {
    queue.poll();
    return std::exchange(received, {});
  }
  castore::InMemoryMessageQueueAdapter<ChannelLawMessage> queue{{.worker = handler(), .capacity = max_messages}};
};

struct BusFixture : InMemoryFixture {
  auto& adapter() { return bus; }
  std::vector<ReceivedMessage> receive(std::size_t) {
    bus.poll();
    return std::exchange(received, {});
  }
  castore::InMemoryMessageBusAdapter<ChannelLawMessage> bus{{.capacity = max_messages}};
  castore::BusSubscription<ChannelLawMessage> subscription = bus.on({{.on_replay = true}}, handler());
};

const bool registered[] = {
    castore::testing::register_message_channel_laws<QueueFixture>("in-memory queue", "[defect29][defect30][defect31]"),
    castore::testing::register_message_channel_laws<BusFixture>("in-memory bus", "[defect29][defect30][defect31]"),
};

/// A channel that sends JSON; below are its faults, among them those of Castore's adapters for brokers.
class Twin {
 public:
  static constexpr std::size_t max_messages = 100;
  virtual ~Twin() = default;

  Twin& adapter() { return *this; }
  std::vector<ReceivedMessage> receive(std::size_t) { return std::exchange(sent_, {}); }

  virtual void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) {
    if (messages.size() > max_messages) refuse(messages.size());
    for (const MessageView& message : messages) send(message, options.replay);
  }

 protected:
  void send(const MessageView& message, bool replay) { put({message.to_json(), replay}); }
  void put(ReceivedMessage message) {
    const std::scoped_lock lock{mutex_};
    sent_.push_back(std::move(message));
  }
  static void refuse(std::size_t count) {
    std::vector<std::size_t> indices;
    for (std::size_t index = 0; index < count; ++index) indices.push_back(index);
    throw castore::MessagesNotPublishedError{indices, "too many"};
  }
  static std::string key_of(const MessageView& message) {
    return std::string{message.header().event_store_id} + '#' + std::string{message.header().aggregate_id} + '#' +
           std::to_string(message.header().version.value_or(0));
  }

 private:
  std::mutex mutex_;
  std::vector<ReceivedMessage> sent_;
};

struct SpoilsText : Twin {
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) override {
    if (messages.size() > 1) return Twin::publish_messages(messages, options);
    for (const MessageView& message : messages) {
      auto json = nlohmann::json::parse(message.to_json());
      auto& text = json["event"]["payload"]["text"].get_ref<std::string&>();
      std::erase(text, '\t');
      put({json.dump(), options.replay});
    }
  }
};

struct DropsMetadata : Twin {
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) override {
    if (messages.size() > max_messages) refuse(messages.size());
    for (const MessageView& message : messages) {
      auto json = nlohmann::json::parse(message.to_json());
      json["event"].erase("metadata");
      put({json.dump(), options.replay});
    }
  }
};

struct JoinsIds : Twin {
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) override {
    if (messages.size() > max_messages) refuse(messages.size());
    std::set<std::string> keys;
    for (const MessageView& message : messages) {
      if (keys.insert(key_of(message)).second) send(message, options.replay);
    }
  }
};

struct SendsTen : Twin {
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) override {
    if (messages.size() > max_messages) refuse(messages.size());
    Twin::publish_messages(messages.first(std::min<std::size_t>(messages.size(), 10)), options);
  }
};

struct SendsNothing : Twin {
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) override {
    if (messages.empty()) put({R"({"eventStoreId":"","event":{"aggregateId":"","version":0}})"});
    Twin::publish_messages(messages, options);
  }
};

struct Deduplicates : Twin {
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) override {
    if (messages.size() != 1) return Twin::publish_messages(messages, options);
    const std::scoped_lock lock{mutex};
    if (keys.insert(key_of(messages.front())).second) Twin::publish_messages(messages, options);
  }
  std::mutex mutex;
  std::set<std::string> keys;
};

struct SortsBySize : Twin {
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) override {
    std::vector<MessageView> sorted{messages.begin(), messages.end()};
    std::ranges::stable_sort(sorted, {}, [](const MessageView& message) { return message.to_json().size(); });
    Twin::publish_messages(sorted, options);
  }
};

struct ForgetsReplay : Twin {
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) override {
    // Where the flag makes the only difference the messages are kept apart.
    const bool is_kept = !messages.empty() && messages[0].header().aggregate_id == "a";
    Twin::publish_messages(messages, {.replay = options.replay && is_kept});
  }
};

struct LosesInThreads : Twin {
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) override {
    if (is_busy.exchange(true)) return;
    if (!messages.empty() && messages[0].header().aggregate_id.starts_with('a')) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    is_busy = false;
    Twin::publish_messages(messages, options);
  }
  std::atomic<bool> is_busy{false};
};

struct RefusesSilently : Twin {
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) override {
    Twin::publish_messages(messages.first(std::min(messages.size(), max_messages)), options);
  }
};

struct RefusesAndSends : Twin {
  void publish_messages(std::span<const MessageView> messages, const PublishMessageOptions& options) override {
    Twin::publish_messages(messages.first(std::min(messages.size(), max_messages)), options);
    if (messages.size() > max_messages) refuse(messages.size());
  }
};

template <class Faulty>
std::set<std::string> violated_by() {
  std::set<std::string> names;
  for (const auto& violation : castore::testing::check_message_channel_laws(
           []() -> std::unique_ptr<Twin> { return std::make_unique<Faulty>(); })) {
    names.insert(violation.name());
  }
  return names;
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("for every law of channels there is an adapter that breaks it", "[defect29][defect30][defect31]") {
  CHECK(violated_by<Twin>().empty());
  const std::vector<std::pair<Names, Names>> twins{
      {violated_by<SpoilsText>(), {"a message comes out as the JSON it is"}},
      {violated_by<DropsMetadata>(), {"a message carries the context of its event"}},
      {violated_by<JoinsIds>(), {"messages of any ids and versions can be sent"}},
      {violated_by<SendsTen>(), {"all messages of a call come", "messages of an aggregate keep their order"}},
      {violated_by<SendsNothing>(), {"a call without messages is nothing"}},
      {violated_by<Deduplicates>(), {"what is published again comes again"}},
      {violated_by<SortsBySize>(), {"messages of an aggregate keep their order"}},
      {violated_by<ForgetsReplay>(), {"a replay is told from what is new"}},
      {violated_by<LosesInThreads>(), {"threads may publish at the same time"}},
      {violated_by<RefusesSilently>(), {"what is refused does not come and is named"}},
      {violated_by<RefusesAndSends>(), {"what is refused does not come and is named"}},
  };
  Names broken;
  for (const auto& [seen, expected] : twins) {
    CHECK(seen == expected);
    broken.insert(seen.begin(), seen.end());
  }
  for (const auto& law : castore::testing::all_message_channel_laws) CHECK(broken.contains(std::string{law.name}));
}

TEST_CASE("a violation says what was expected and what came") {
  const auto violations =
      castore::testing::check_message_channel_laws([] { return std::make_unique<ForgetsReplay>(); });
  REQUIRE(violations.size() == 1);
  CHECK(violations[0].law() == 4);
  CHECK(violations[0].expected() == "a replay");
  CHECK(violations[0].seen() == "no replay");
}
