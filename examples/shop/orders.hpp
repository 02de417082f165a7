// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_SHOP_ORDERS_HPP
#define CASTORE_EXAMPLES_SHOP_ORDERS_HPP

/// @file
/// Orders: what customers want, and what became of it. The events are what the program orders tells others.

#include <castore/castore.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace shop {

// [events]
struct Line {
  std::string product;
  int units = 1;
};

struct OrderPlaced {
  static constexpr std::string_view type = "ORDER_PLACED";
  std::string customer;
  std::vector<Line> lines;  // each product once
};
struct OrderConfirmed {
  static constexpr std::string_view type = "ORDER_CONFIRMED";
};
struct OrderRefused {
  static constexpr std::string_view type = "ORDER_REFUSED";
  std::string missing_product;
};
struct OrderCancelled {
  static constexpr std::string_view type = "ORDER_CANCELLED";
};

using OrderEvents = castore::Events<OrderPlaced, OrderConfirmed, OrderRefused, OrderCancelled>;
// [/events]

enum class OrderStatus { placed, confirmed, refused, cancelled };

struct Order {
  std::string aggregate_id;
  castore::Version version = 0;
  std::vector<Line> lines{};
  OrderStatus status = OrderStatus::placed;
};

struct OrderReducer {
  void operator()(Order& order, const OrderPlaced& event) const { order.lines = event.lines; }
  void operator()(Order& order, const OrderConfirmed&) const { order.status = OrderStatus::confirmed; }
  void operator()(Order& order, const OrderRefused&) const { order.status = OrderStatus::refused; }
  void operator()(Order& order, const OrderCancelled&) const { order.status = OrderStatus::cancelled; }
};

using OrderStore = castore::EventStore<OrderEvents, Order, OrderReducer>;

// [commands]
// Each decides the same when it is asked twice: a customer's request may come again, and so may a message.

inline std::optional<OrderPlaced> place(const std::optional<Order>& order, const OrderPlaced& wanted) {
  if (order) return std::nullopt;
  return wanted;
}

inline std::optional<OrderCancelled> cancel(const Order& order) {
  if (order.status == OrderStatus::refused) throw std::domain_error{order.aggregate_id + " was refused before"};
  if (order.status == OrderStatus::cancelled) return std::nullopt;
  return OrderCancelled{};
}

inline std::optional<OrderConfirmed> confirm(const Order& order) {  // a cancelled order stays cancelled
  if (order.status != OrderStatus::placed) return std::nullopt;
  return OrderConfirmed{};
}

inline std::optional<OrderRefused> refuse(const Order& order, const std::string& missing_product) {
  if (order.status != OrderStatus::placed) return std::nullopt;
  return OrderRefused{missing_product};
}
// [/commands]

}  // namespace shop

#endif
