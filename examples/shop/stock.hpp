// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_SHOP_STOCK_HPP
#define CASTORE_EXAMPLES_SHOP_STOCK_HPP

/// @file
/// Stock: products on the shelf, and what is reserved for orders. The program stock tells others of reservations; what
/// happens to its products is its own affair.

#include "orders.hpp"

#include <castore/castore.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shop {

// --- Products: the aggregate's id is the product's name --------------------------------------------------------------

// [product]
struct ProductRestocked {
  static constexpr std::string_view type = "PRODUCT_RESTOCKED";
  int units = 0;
};
struct UnitsReserved {
  static constexpr std::string_view type = "UNITS_RESERVED";
  std::string order_id;
  int units = 0;
};
struct UnitsReleased {
  static constexpr std::string_view type = "UNITS_RELEASED";
  std::string order_id;
  int units = 0;
};

using ProductEvents = castore::Events<ProductRestocked, UnitsReserved, UnitsReleased>;

struct Product {
  std::string aggregate_id;
  castore::Version version = 0;
  int on_shelf = 0;
};

struct ProductReducer {
  void operator()(Product& product, const ProductRestocked& event) const { product.on_shelf += event.units; }
  void operator()(Product& product, const UnitsReserved& event) const { product.on_shelf -= event.units; }
  void operator()(Product& product, const UnitsReleased& event) const { product.on_shelf += event.units; }
};

using ProductStore = castore::EventStore<ProductEvents, Product, ProductReducer>;
// [/product]

// --- Reservations: the aggregate's id is that of the order -----------------------------------------------------------

// [reservation]
struct StockReserved {
  static constexpr std::string_view type = "STOCK_RESERVED";
  std::vector<Line> lines;
};
struct StockRefused {
  static constexpr std::string_view type = "STOCK_REFUSED";
  std::string missing_product;
};
struct StockReleased {
  static constexpr std::string_view type = "STOCK_RELEASED";
};

using ReservationEvents = castore::Events<StockReserved, StockRefused, StockReleased>;

struct Reservation {
  std::string aggregate_id;
  castore::Version version = 0;
  std::vector<Line> held{};
};

struct ReservationReducer {
  void operator()(Reservation& reservation, const StockReserved& event) const { reservation.held = event.lines; }
  void operator()(Reservation&, const StockRefused&) const {}
  void operator()(Reservation& reservation, const StockReleased&) const { reservation.held.clear(); }
};

using ReservationStore = castore::EventStore<ReservationEvents, Reservation, ReservationReducer>;
// [/reservation]

// --- Commands --------------------------------------------------------------------------------------------------------

inline ProductRestocked restock(const std::optional<Product>&, int units) { return {units}; }

// [reserve]
struct Reserve {
  std::string order_id;
  std::vector<Line> lines;
};

/// All lines of the order, or none; and once, however often it is asked: the reservation's first event says that the
/// order was seen, and is pushed together with what it does to the products.
inline void reserve(const Reserve& input, ReservationStore& reservations, ProductStore& products) {
  if (reservations.get_aggregate(input.order_id)) return;
  std::vector<castore::GroupedEvent> group{reservations.group_event(input.order_id, 1, StockReserved{input.lines})};
  for (const Line& line : input.lines) {
    const Product product = products.get_aggregate(line.product).value_or(Product{});
    if (product.on_shelf < line.units) {
      reservations.push_event(input.order_id, 1, StockRefused{line.product});
      return;
    }
    group.emplace_back(
        products.group_event(line.product, product.version + 1, UnitsReserved{input.order_id, line.units}));
  }
  castore::push_event_group(std::move(group));
}
// [/reserve]

// [release]
struct Release {
  std::string order_id;
};

inline void release(const Release& input, ReservationStore& reservations, ProductStore& products) {
  const std::optional<Reservation> reservation = reservations.get_aggregate(input.order_id);
  if (!reservation || reservation->held.empty()) return;  // it was refused, or released before
  std::vector<castore::GroupedEvent> group{
      reservations.group_event(input.order_id, reservation->version + 1, StockReleased{})};
  for (const Line& line : reservation->held) {
    const castore::Version version = products.get_existing_aggregate(line.product).version;
    group.emplace_back(products.group_event(line.product, version + 1, UnitsReleased{input.order_id, line.units}));
  }
  castore::push_event_group(std::move(group));
}
// [/release]

}  // namespace shop

#endif
