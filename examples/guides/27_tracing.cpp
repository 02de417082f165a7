// SPDX-License-Identifier: MIT
// A request goes through two services. Its events say to which request they belong, and what led to them.

#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/messaging.hpp>

#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

struct OrderPlaced {
  static constexpr std::string_view type = "ORDER_PLACED";
  std::string article;
};
struct OrderConfirmed {
  static constexpr std::string_view type = "ORDER_CONFIRMED";
};
struct ArticleReserved {
  static constexpr std::string_view type = "ARTICLE_RESERVED";
  std::string order_id;
};
struct Order : castore::Aggregate {};
struct Article : castore::Aggregate {};
struct Nothing {
  void operator()(auto&, const auto&) const {}
};
using OrderStore = castore::EventStore<castore::Events<OrderPlaced, OrderConfirmed>, Order, Nothing>;
using ArticleStore = castore::EventStore<castore::Events<ArticleReserved>, Article, Nothing>;

void print(std::string_view event_store_id, const auto& events) {
  for (const auto& event : events) {
    const castore::Context& context = *event.context();
    std::cout << event_store_id << '#' << event.aggregate_id() << '#' << event.version() << ' ' << event.type()
              << "\n  of " << context.correlation_id << ", caused by " << context.causation_id << '\n';
  }
}

int main() {
  castore::InMemoryEventStorageAdapter orders_database;
  castore::InMemoryEventStorageAdapter stock_database;
  OrderStore orders{"ORDERS", orders_database};
  ArticleStore articles{"ARTICLES", stock_database};

  // [request]
  // In the service that takes orders, for each request:
  const castore::Command place_order{
      "PLACE_ORDER", orders,
      [](const std::optional<Order>&, const std::string& article) { return OrderPlaced{article}; }};
  const castore::Context request{.correlation_id = "request-81",  // made by whoever saw the request first
                                 .causation_id = "request-81",
                                 .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
  place_order.with({.context = request})("order-1", "lamp");
  // [/request]

  // [handler]
  // In the service that has the stock, for each message:
  const castore::Command reserve{"RESERVE", articles, [](const std::optional<Article>&, const std::string& order_id) {
                                   return ArticleReserved{order_id};
                                 }};
  using OrderMessage = castore::EventStoreNotificationMessage<OrderStore>;
  const auto handler = [&](const OrderMessage& message, const castore::MessageContext&) {
    if (const auto* placed = message.event.get_if<OrderPlaced>()) {
      reserve.with({.context = castore::next_context(message)})(placed->payload.article, placed->aggregate_id);
    }
  };
  // [/handler]

  castore::InMemoryMessageQueueAdapter<OrderMessage> broker{{.worker = handler}};
  castore::NotificationMessageQueue queue{"QUEUE", orders, broker};
  castore::OutboxRelay{"relay", orders_database, std::tie(orders), queue}.catch_up();
  broker.poll();

  // [subscription]
  castore::Subscription confirm{"confirm", stock_database, std::tie(articles)};
  confirm.catch_up([&](const castore::EventDetail<ArticleReserved>& event, const castore::EventPlace& place) {
    orders.push_event(event.payload.order_id, 2, OrderConfirmed{}, {.context = castore::next_context(event, place)});
  });
  // [/subscription]

  print("ORDERS", orders.get_events("order-1"));
  print("ARTICLES", articles.get_events("lamp"));

  // [stored]
  orders_database.get_events("ORDERS", "order-1", {.min_version = 2}, [](const castore::EventRecordView& event) {
    std::cout << "metadata: " << event.metadata << '\n';
  });
  // [/stored]
}
