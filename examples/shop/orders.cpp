// SPDX-License-Identifier: MIT

/// @file
/// The program orders: takes orders, tells others, hears from stock. README.md in this folder describes it.

#include "orders.hpp"

#include "program.hpp"
#include "stock.hpp"
#include "system.hpp"

#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/messaging/message_bus.hpp>
#include <castore/messaging/outbox_relay.hpp>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <random>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>

namespace {

using namespace shop;

// [read_model]
struct OpenOrders {
  static constexpr std::string_view name = "open_orders";
  static constexpr int version = 1;

  void create(Transaction& tx) const {
    tx.execute("CREATE TABLE open_orders (id TEXT PRIMARY KEY, customer TEXT NOT NULL, units INTEGER NOT NULL)");
  }
  void operator()(Transaction& tx, const OrderPlaced& event, const castore::EventInfo<OrderPlaced>& info) const {
    int units = 0;
    for (const Line& line : event.lines) units += line.units;
    tx.execute("INSERT INTO open_orders VALUES ($1, $2, $3)", info.aggregate_id, event.customer, units);
  }
  template <class Payload>  // whatever else happens to an order settles it
  void operator()(Transaction& tx, const Payload&, const castore::EventInfo<Payload>& info) const {
    tx.execute("DELETE FROM open_orders WHERE id = $1", info.aggregate_id);
  }
};
// [/read_model]

// [replayed]
struct BestSellers {  // nobody thought of it when the first orders came
  static constexpr std::string_view name = "best_sellers";
  static constexpr int version = 1;

  void create(Transaction& tx) const {
    tx.execute("CREATE TABLE best_sellers (product TEXT PRIMARY KEY, units INTEGER NOT NULL)");
  }
  void operator()(Transaction& tx, const OrderPlaced& event) const {
    for (const Line& line : event.lines) {
      tx.execute(
          "INSERT INTO best_sellers VALUES ($1, $2)"
          " ON CONFLICT (product) DO UPDATE SET units = best_sellers.units + excluded.units",
          line.product, line.units);
    }
  }
};
// [/replayed]

struct Orders {
  explicit Orders(const std::string& database) : storage{database} { prepare(storage); }

  Storage storage;
  OrderStore store{"ORDERS", storage, {.on_event_pushed = tells("orders")}};
};

// --- What runs all the time, each in a process of its own ------------------------------------------------------------

// [relay]
void relay(Orders& orders, const Broker& broker, const std::stop_token& stop) {
  auto sender = broker.sender();
  castore::NotificationMessageBus bus{"ORDERS", orders.store, sender};
  castore::OutboxRelay{"orders_to_broker", orders.storage, std::tie(orders.store), bus}.run(stop);
}
// [/relay]

// [consumer]
void consumer(Orders& orders, const Broker& broker, const std::stop_token& stop) {
  const castore::Command confirm_order{"CONFIRM_ORDER", orders.store, confirm};
  const castore::Command refuse_order{"REFUSE_ORDER", orders.store, refuse};

  ReservationStore reservations{"RESERVATIONS"};  // without a storage: it says what the messages are
  const castore::NotificationMessageBus bus{"RESERVATIONS", reservations};
  auto receiver = broker.receiver(bus, "RESERVATIONS", "reservations_for_orders");
  receiver.run(
      [&](const auto& message, const castore::MessageContext&) {
        message.event.visit(
            [&](const castore::EventDetail<StockReserved>& event) { confirm_order(event.aggregate_id); },
            [&](const castore::EventDetail<StockRefused>& event) {
              refuse_order(event.aggregate_id, event.payload.missing_product);
            },
            [](const castore::EventDetail<StockReleased>&) {});
      },
      stop);
}
// [/consumer]

// [follow]
void read_model(Orders& orders, const std::stop_token& stop) {
  castore::AsyncProjection{orders.storage, std::tie(orders.store), OpenOrders{}}.run(stop);
}
// [/follow]

// --- What is asked for -----------------------------------------------------------------------------------------------

/// Places so many orders, some at once and then none for a while, and cancels some of them.
void customers(Orders& orders, int count, int pause) {
  constexpr int at_once = 7;
  // [commands]
  const castore::Command place_order{"PLACE_ORDER", orders.store, place};
  const castore::Command cancel_order{"CANCEL_ORDER", orders.store, cancel};
  // [/commands]
  const std::vector<std::string> names{"ann", "bob", "cem", "dee"};
  const std::vector<std::string> products{"apple", "pear", "plum"};
  const auto id_of = [](int order) { return "order-" + std::to_string(order); };
  std::minstd_rand random{1};
  for (int order = 1; order <= count; ++order) {
    OrderPlaced wanted{names[random() % names.size()], {}};
    for (const std::string& product : products) {
      if (random() % 3 != 0) wanted.lines.push_back({product, 1 + static_cast<int>(random() % 3)});
    }
    if (wanted.lines.empty()) wanted.lines.push_back({products.front(), 1});
    place_order(id_of(order), wanted);
    if (order % 8 == 0) {
      try {
        cancel_order(id_of(order - static_cast<int>(random() % 4)));
      } catch (const std::domain_error& error) {
        tell("orders", "", error.what());
      }
    }
    if (order % at_once == 0) std::this_thread::sleep_for(std::chrono::milliseconds{pause * at_once});
  }
}

/// Which units are reserved for which order, as this program knows it: stock must say the same, line by line.
void facts(const Orders& orders) {
  for (const auto& [id, since] : orders.store.aggregate_ids()) {
    const Order order = orders.store.get_existing_aggregate(id);
    if (order.status == OrderStatus::placed) std::cout << order.aggregate_id << " is open\n";
    if (order.status != OrderStatus::confirmed) continue;
    for (const Line& line : order.lines) {
      std::cout << order.aggregate_id << " has " << line.units << ' ' << line.product << '\n';
    }
  }
}

/// How many units customers wanted in all: by a read model that did not exist until now.
void wanted(Orders& orders) {
  // [replay]
  // It begins with the first event, as every new name or version does.
  castore::AsyncProjection{orders.storage, std::tie(orders.store), BestSellers{}}.catch_up();
  orders.storage.transact([](Transaction& tx) {
    for (const castore::SqlRow& row : tx.query("SELECT product, units FROM best_sellers ORDER BY product")) {
      std::cout << row.get<std::string>(0) << ' ' << row.get<int>(1) << '\n';
    }
  });
  // [/replay]
}

int check(Orders& orders, int count) {
  std::size_t placed = 0;
  std::size_t settled[4] = {};
  for (const auto& [id, since] : orders.store.aggregate_ids()) {
    ++placed;
    ++settled[static_cast<int>(orders.store.get_existing_aggregate(id).status)];
  }
  Findings findings;
  findings.expect(placed == static_cast<std::size_t>(count) && settled[0] == 0,
                  "all " + std::to_string(placed) + " orders are settled: " + std::to_string(settled[1]) +
                      " confirmed, " + std::to_string(settled[2]) + " refused, " + std::to_string(settled[3]) +
                      " cancelled");
  castore::AsyncProjection{orders.storage, std::tie(orders.store), OpenOrders{}}.catch_up();
  orders.storage.transact([&](Transaction& tx) {
    findings.expect(tx.query("SELECT id FROM open_orders").empty(), "the read model has no open order either");
  });
  return findings.exit_code();
}

int run(const Call& call) {
  Orders orders{call.database};
  if (call.role == "relay") {
    relay(orders, Broker{call.broker}, call.stop);
  } else if (call.role == "consumer") {
    consumer(orders, Broker{call.broker}, call.stop);
  } else if (call.role == "read_model") {
    read_model(orders, call.stop);
  } else if (call.role == "customers") {
    customers(orders, call.number(0), call.number(1));
  } else if (call.role == "facts") {
    facts(orders);
  } else if (call.role == "wanted") {
    wanted(orders);
  } else if (call.role == "check") {
    return check(orders, call.number(0));
  } else {
    throw std::invalid_argument{"there is no role " + call.role};
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) { return call_program(count, arguments, run); }
