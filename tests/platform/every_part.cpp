// SPDX-License-Identifier: MIT
// Uses every part of the library, so that a compiler sees its templates with types. headers.sh compiles it behind all
// headers, which it does not include itself, under the flags and macros of users. It is never run.

namespace every_part {

struct Opened {
  static constexpr std::string_view type = "OPENED";
  struct Metadata {
    std::string by;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Metadata, by)
  };
  std::string owner;
  double rate = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Opened, owner, rate)
};
struct Paid {
  static constexpr std::string_view type = "PAID";
  std::int64_t cents = 0;
  std::vector<std::string> notes;
  CASTORE_DEFINE_JSON(Paid, cents, notes)
};
struct Closed {
  static constexpr std::string_view type = "CLOSED";
};
using AccountEvents = castore::Events<Opened, Paid, Closed>;

struct Account : castore::Aggregate {
  std::string owner;
  std::int64_t cents = 0;
  bool is_open = false;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Account, owner, cents, is_open)
};
struct AccountReducer {
  void operator()(Account& account, const Opened& event, const castore::EventInfo<Opened>&) const {
    account.owner = event.owner;
    account.is_open = true;
  }
  Account operator()(Account account, const Paid& event) const {
    account.cents += event.cents;
    return account;
  }
  void operator()(Account& account, const Closed&) const { account.is_open = false; }
};
using Accounts = castore::EventStore<AccountEvents, Account, AccountReducer>;

template <class Store>
void use_store(Store& accounts) {
  (void)accounts.push_event("a", 1, Opened{"Ann", 1.5}, {.metadata = Opened::Metadata{"me"}});
  (void)accounts.try_push_event("a", 2, Paid{5, {}});
  (void)accounts.push_events("b", 0, Opened{}, Paid{}, Closed{});
  castore::push_event_group(accounts.group_event("c", 1, Opened{}), accounts.group_event("d", 1, Opened{}));
  std::vector<castore::GroupedEvent> group;
  group.emplace_back(accounts.group_event("e", 1, Opened{}));
  castore::push_event_group(std::move(group), {.force = true});
  auto pay = castore::Command{"PAY", accounts, [](const Account& account, std::int64_t cents) {
                                if (!account.is_open) throw std::domain_error{"closed"};
                                return Paid{cents, {}};
                              }};
  pay("a", 7);
  auto open = castore::Command{"OPEN",
                               accounts,
                               [](const std::optional<Account>& account) -> std::optional<Opened> {
                                 if (account) return std::nullopt;
                                 return Opened{};
                               },
                               {.event_already_exists_retries = 1}};
  open("f");
  for (const auto& event : accounts.get_events("a", {.min_version = 1, .reverse = true})) {
    event.visit([](const auto& detail) { (void)detail.version; });
  }
  const auto history = accounts.get_history("a");
  (void)accounts.build_aggregate(history.events);
  (void)accounts.simulate_aggregate(history.events);
  (void)accounts.get_aggregate("a", {.max_version = 1});
  (void)accounts.get_existing_aggregate("a");
  (void)accounts.list_aggregate_ids({.limit = 2, .reverse = true});
  for (const auto& entry : accounts.aggregate_ids()) (void)entry.aggregate_id;
  (void)nlohmann::json(history.events.front()).template get<typename Store::Event>();
}

template <class Adapter>
void use_adapter(Adapter& adapter) {
  Accounts accounts{"ACCOUNTS", adapter, {.clock = [] { return castore::Timestamp{}; }}};
  use_store(accounts);
  castore::EventStore<AccountEvents, Account, AccountReducer, Adapter> typed{"ACCOUNTS", adapter};
  use_store(typed);
}

inline void use_adapters() {
  castore::InMemoryEventStorageAdapter memory;
  use_adapter(memory);
#ifdef CASTORE_ADAPTERS_SQLITE_HPP
  castore::SqliteEventStorageAdapter sqlite{":memory:"};
  use_adapter(sqlite);
#endif
#ifdef CASTORE_ADAPTERS_POSTGRES_HPP
  castore::PostgresEventStorageAdapter postgres{"postgresql:///test"};
  use_adapter(postgres);
#endif
#ifdef CASTORE_ADAPTERS_DYNAMODB_HPP
  castore::DynamoDbEventStorageAdapter dynamodb{"events"};
  use_adapter(dynamodb);
#endif
}

#ifdef CASTORE_TESTING_TESTING_HPP
struct RefersTo {
  castore::InMemoryEventStorageAdapter storage{};
  castore::InMemoryEventStorageAdapter& adapter() { return storage; }
};

inline void use_testing() {
  (void)castore::testing::check_adapter_laws([] { return std::make_unique<castore::InMemoryEventStorageAdapter>(); });
  (void)castore::testing::check_adapter_laws([] { return RefersTo{}; });
  const auto pay = [](const Account&, int cents) { return Paid{cents, {}}; };
  castore::testing::given<Accounts>(Opened{"Ann", 1}).when(pay, 5).then(Paid{5, {}});
  castore::testing::given<Accounts>(Opened{"Ann", 1})
      .when([](const Account&) -> Paid { throw std::domain_error{"closed"}; })
      .then(castore::testing::throws<std::domain_error>());
  castore::InMemoryEventStorageAdapter memory;
  castore::testing::FaultInjectingAdapter faulty{memory};
  faulty.inject(castore::testing::StorageOperation::push_events, castore::testing::fails_after());
  use_adapter(faulty);
  Accounts accounts{"ACCOUNTS", memory, {.clock = castore::testing::FakeClock{}}};
  auto mock = castore::testing::mock_event_store(accounts);
  (void)mock.get_aggregate("a");
}
#else
inline void use_testing() {}
#endif

template <class Channel>
void use_channel(Accounts& accounts) {
  Channel channel{"CHANNEL", accounts};
  castore::ConnectedEventStore connected{accounts, channel, [](const auto&, const std::exception_ptr&) {}};
  (void)connected.push_event("a", 1, Opened{});
  (void)channel.parse_message("{}");
}

#ifdef CASTORE_MESSAGING_ADAPTERS_SQS_HPP
inline void use_sqs(Accounts& accounts) {
  castore::SqsMessageQueueAdapter sqs{"https://sqs.eu-west-1.amazonaws.com/1/accounts.fifo"};
  castore::NotificationMessageQueue queue{"QUEUE", accounts, sqs};
  castore::SqsConsumer consumer{queue, sqs.queue_url(), {.max_messages = 5}};
  (void)consumer.poll([](const auto& message, const auto& context) { (void)message.event, (void)context.attempt; });
}
#endif

#ifdef CASTORE_MESSAGING_ADAPTERS_EVENT_BRIDGE_HPP
inline void use_event_bridge(Accounts& accounts) {
  castore::EventBridgeMessageBusAdapter event_bridge{"accounts", {.max_message_size = 1'000}};
  castore::NotificationMessageBus bus{"BUS", accounts, event_bridge};
  (void)castore::parse_event_bridge_event(bus, "{}").message.event;
}
#endif

#ifdef CASTORE_MESSAGING_ADAPTERS_SQS_S3_HPP
inline void use_sqs_s3(Accounts& accounts) {
  castore::SqsS3MessageQueueAdapter sqs{"https://sqs.eu-west-1.amazonaws.com/1/accounts.fifo", {.bucket = "accounts"}};
  castore::NotificationMessageQueue queue{"QUEUE", accounts, sqs};
  castore::SqsConsumer consumer{queue, sqs.queue_url(), {.message_reader = castore::S3MessageReader{"accounts"}}};
  (void)consumer.poll([](const auto& message, const auto& context) { (void)message.event, (void)context.attempt; });
}
#endif

#ifdef CASTORE_MESSAGING_ADAPTERS_EVENT_BRIDGE_S3_HPP
inline void use_event_bridge_s3(Accounts& accounts) {
  castore::EventBridgeS3MessageBusAdapter event_bridge{"accounts", {.bucket = "accounts", .prefix = "a/"}};
  castore::NotificationMessageBus bus{"BUS", accounts, event_bridge};
  (void)castore::parse_event_bridge_event(bus, "{}", castore::S3MessageReader{"accounts"}).message.event;
}
#endif

#ifdef CASTORE_MESSAGING_ADAPTERS_KAFKA_HPP
inline void use_kafka(Accounts& accounts) {
  castore::KafkaMessageChannelAdapter kafka{{.brokers = "localhost:9092"}, "accounts", {.max_message_size = 1'000}};
  castore::NotificationMessageQueue queue{"QUEUE", accounts, kafka};
  castore::KafkaConsumer consumer{queue, {.brokers = "localhost:9092"}, "accounts", "reader", {.max_messages = 5}};
  (void)consumer.poll([](const auto& message, const auto& context) { (void)message.event, (void)context.attempt; });
}
#endif

#ifdef CASTORE_MESSAGING_ADAPTERS_NATS_HPP
inline void use_nats(Accounts& accounts) {
  const auto connection = std::make_shared<castore::NatsConnection>("nats://127.0.0.1:4222");
  connection->create_stream({.name = "ACCOUNTS", .subjects = {"ACCOUNTS.>"}});
  castore::NatsMessageChannelAdapter nats{connection, {.subject_prefix = "shop"}};
  castore::NotificationMessageQueue queue{"QUEUE", accounts, nats};
  castore::NatsConsumer consumer{queue, connection, "ACCOUNTS", "reader", {.max_messages = 5}};
  (void)consumer.poll([](const auto& message, const auto& context) { (void)message.event, (void)context.attempt; });
}
#endif

#ifdef CASTORE_MESSAGING_ADAPTERS_RABBITMQ_HPP
inline void use_rabbitmq(Accounts& accounts) {
  castore::RabbitMqMessageChannelAdapter rabbitmq{"amqp://localhost", "events"};
  castore::NotificationMessageQueue queue{"QUEUE", accounts, rabbitmq};
  castore::RabbitMqConsumer consumer{queue, "amqp://localhost", "accounts", {.reject_dead_letters = true}};
  (void)consumer.poll([](const auto& message, const auto& context) { (void)message.event, (void)context.attempt; });
}
#endif

inline void use_messages() {
  castore::InMemoryEventStorageAdapter memory;
  Accounts accounts{"ACCOUNTS", memory};
  use_channel<castore::NotificationMessageQueue<Accounts>>(accounts);
  use_channel<castore::StateCarryingMessageBus<Accounts>>(accounts);
#ifdef CASTORE_DETAIL_STOP_TOKEN_HPP
  castore::StateCarryingMessageBus bus{"BUS", accounts};
  castore::InMemoryMessageBusAdapter bus_adapter{bus};
  const auto subscription = bus_adapter.on([](const auto& message, const auto&) { (void)message.event; });
  castore::NotificationMessageQueue queue{"QUEUE", accounts};
  castore::InMemoryMessageQueueAdapter queue_adapter{queue, {.worker = [](const auto&, const auto&) {}}};
  const std::jthread worker = castore::run_in_background(queue_adapter);
  castore::pour_event_store_events(accounts, bus, {.rate_limit = 5});
  castore::InMemoryEventStorageAdapter target;
  (void)castore::copy_events(memory, target, {.dry_run = true});
  castore::copy_events(accounts, accounts, [](std::span<const Accounts::Event> events) {
    return std::vector<Accounts::Event>(events.begin(), events.end());
  });
  (void)bus_adapter.drain(std::chrono::milliseconds{5});
  (void)queue_adapter.stop(std::chrono::milliseconds{5});
#endif
}

}  // namespace every_part

int main() {
  every_part::use_adapters();
  every_part::use_testing();
  every_part::use_messages();
}
