// SPDX-License-Identifier: MIT

/// @file
/// The program stock: reserves units for orders and gives them back, and tells of that. README.md in this folder
/// describes it.

#include "stock.hpp"

#include "orders.hpp"
#include "program.hpp"
#include "system.hpp"

#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/messaging/inbox.hpp>
#include <castore/messaging/message_bus.hpp>
#include <castore/messaging/outbox_relay.hpp>

#include <iostream>
#include <map>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using namespace shop;

// [read_model]
struct StockLevels {
  static constexpr std::string_view name = "stock_levels";
  static constexpr int version = 1;

  void create(Transaction& tx) const {
    tx.execute(
        "CREATE TABLE stock_levels (product TEXT PRIMARY KEY, on_shelf INTEGER NOT NULL, reserved INTEGER NOT NULL)");
  }
  void operator()(Transaction& tx, const ProductRestocked& event,
                  const castore::EventInfo<ProductRestocked>& info) const {
    tx.execute(
        "INSERT INTO stock_levels VALUES ($1, $2, 0)"
        " ON CONFLICT (product) DO UPDATE SET on_shelf = stock_levels.on_shelf + excluded.on_shelf",
        info.aggregate_id, event.units);
  }
  void operator()(Transaction& tx, const UnitsReserved& event, const castore::EventInfo<UnitsReserved>& info) const {
    move(tx, info.aggregate_id, event.units);
  }
  void operator()(Transaction& tx, const UnitsReleased& event, const castore::EventInfo<UnitsReleased>& info) const {
    move(tx, info.aggregate_id, -event.units);
  }

 private:
  static void move(Transaction& tx, std::string_view product, int units) {
    tx.execute("UPDATE stock_levels SET on_shelf = on_shelf - $2, reserved = reserved + $2 WHERE product = $1", product,
               units);
  }
};
// [/read_model]

struct Stock {
  explicit Stock(const std::string& database) : storage{database} {
    prepare(storage);
    storage.transact([](Transaction& tx) {
      tx.execute("CREATE TABLE IF NOT EXISTS demand (product TEXT PRIMARY KEY, units INTEGER NOT NULL)");
    });
  }

  Storage storage;
  ProductStore products{"PRODUCTS", storage, {.on_event_pushed = tells("stock")}};
  ReservationStore reservations{"RESERVATIONS", storage, {.on_event_pushed = tells("stock")}};
};

// --- What runs all the time, each in a process of its own ------------------------------------------------------------

void relay(Stock& stock, const Broker& broker, const std::stop_token& stop) {
  auto sender = broker.sender();
  castore::NotificationMessageBus bus{"RESERVATIONS", stock.reservations, sender};
  castore::OutboxRelay{"reservations_to_broker", stock.storage, std::tie(stock.reservations), bus}.run(stop);
}

// [inbox]
/// How many units customers wanted, also those that were refused: the buyers ask this table. To add is not the same
/// when it is done twice, so the message is remembered in the same transaction.
void count_demand(Stock& stock, const std::string& message_id, const std::vector<Line>& lines) {
  static const castore::Inbox inbox{"demand"};
  stock.storage.transact([&](Transaction& tx) {
    if (!inbox.is_new(tx, message_id)) return;
    for (const Line& line : lines) {
      tx.execute(
          "INSERT INTO demand VALUES ($1, $2)"
          " ON CONFLICT (product) DO UPDATE SET units = demand.units + excluded.units",
          line.product, line.units);
    }
  });
}
// [/inbox]

// [consumer]
void consumer(Stock& stock, const Broker& broker, const std::stop_token& stop) {
  const castore::Command reserve_units{"RESERVE_UNITS", std::tie(stock.reservations, stock.products), reserve};
  const castore::Command release_units{"RELEASE_UNITS", std::tie(stock.reservations, stock.products), release};

  OrderStore orders{"ORDERS"};  // without a storage: it says what the messages are
  const castore::NotificationMessageBus bus{"ORDERS", orders};
  auto receiver = broker.receiver(bus, "ORDERS", "orders_for_stock");
  receiver.run(
      [&](const auto& message, const castore::MessageContext&) {
        message.event.visit(
            [&](const castore::EventDetail<OrderPlaced>& event) {
              count_demand(stock, castore::message_id(message), event.payload.lines);
              reserve_units({event.aggregate_id, event.payload.lines});
            },
            [&](const castore::EventDetail<OrderCancelled>& event) { release_units({event.aggregate_id}); },
            [](const auto&) {});  // it knows what it reserved
      },
      stop);
}
// [/consumer]

void read_model(Stock& stock, const std::stop_token& stop) {
  castore::AsyncProjection{stock.storage, std::tie(stock.products), StockLevels{}}.run(stop);
}

// --- What is asked for -----------------------------------------------------------------------------------------------

/// Which units are reserved for which order, as this program knows it: orders must say the same, line by line.
void facts(const Stock& stock) {
  for (const auto& [order, since] : stock.reservations.aggregate_ids()) {
    for (const Line& line : stock.reservations.get_existing_aggregate(order).held) {
      std::cout << order << " has " << line.units << ' ' << line.product << '\n';
    }
  }
}

/// How many units customers wanted in all, as messages said.
void wanted(Stock& stock) {
  stock.storage.transact([](Transaction& tx) {
    for (const castore::SqlRow& row : tx.query("SELECT product, units FROM demand ORDER BY product")) {
      std::cout << row.get<std::string>(0) << ' ' << row.get<int>(1) << '\n';
    }
  });
}

/// What a product's own events say about its units.
struct Account {
  int delivered = 0;
  std::map<std::string, int> reserved{};  // by order
  bool once = true;                       // no order got units twice, or gave them back twice

  void operator()(const castore::EventDetail<ProductRestocked>& event) { delivered += event.payload.units; }
  void operator()(const castore::EventDetail<UnitsReserved>& event) {
    once = reserved.emplace(event.payload.order_id, event.payload.units).second && once;
  }
  void operator()(const castore::EventDetail<UnitsReleased>& event) {
    int& units = reserved[event.payload.order_id];
    once = once && units == event.payload.units;
    units -= event.payload.units;
  }
};

int check(Stock& stock) {
  std::map<std::string, int> held;
  for (const auto& [order, since] : stock.reservations.aggregate_ids()) {
    for (const Line& line : stock.reservations.get_existing_aggregate(order).held) held[line.product] += line.units;
  }
  castore::AsyncProjection{stock.storage, std::tie(stock.products), StockLevels{}}.catch_up();
  Findings findings;
  for (const auto& [product, since] : stock.products.aggregate_ids()) {
    Account account;
    for (const ProductStore::Event& event : stock.products.get_events(product)) {
      event.visit([&account](const auto& detail) { account(detail); });
    }
    int reserved = 0;
    for (const auto& [order, units] : account.reserved) reserved += units;
    const int on_shelf = stock.products.get_existing_aggregate(product).on_shelf;
    findings.expect(
        account.once && on_shelf >= 0 && account.delivered == on_shelf + reserved && reserved == held[product],
        product + ": " + std::to_string(account.delivered) + " delivered = " + std::to_string(on_shelf) +
            " on the shelf + " + std::to_string(reserved) + " reserved, each of them once");
    stock.storage.transact([&](Transaction& tx) {
      const castore::SqlRows rows = tx.query("SELECT on_shelf, reserved FROM stock_levels WHERE product = $1", product);
      findings.expect(rows.size() == 1 && rows[0].get<int>(0) == on_shelf && rows[0].get<int>(1) == reserved,
                      product + ": the read model says the same");
    });
  }
  return findings.exit_code();
}

int run(const Call& call) {
  Stock stock{call.database};
  if (call.role == "relay") {
    relay(stock, Broker{call.broker}, call.stop);
  } else if (call.role == "consumer") {
    consumer(stock, Broker{call.broker}, call.stop);
  } else if (call.role == "read_model") {
    read_model(stock, call.stop);
  } else if (call.role == "restock") {
    const castore::Command restock_product{"RESTOCK", stock.products, restock};
    for (std::size_t word = 1; word < call.words.size(); ++word) restock_product(call.words[word], call.number(0));
  } else if (call.role == "facts") {
    facts(stock);
  } else if (call.role == "wanted") {
    wanted(stock);
  } else if (call.role == "check") {
    return check(stock);
  } else {
    throw std::invalid_argument{"there is no role " + call.role};
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) { return call_program(count, arguments, run); }
