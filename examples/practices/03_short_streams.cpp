// SPDX-License-Identifier: MIT
// A shop closes its books every month, so that older events need not be read again.

#include <castore/castore.hpp>

#include <iostream>
#include <string>
#include <string_view>

// [events]
struct MonthOpened {
  static constexpr std::string_view type = "MONTH_OPENED";
  int pokeballs = 0;
};
struct PokeballSold {
  static constexpr std::string_view type = "POKEBALL_SOLD";
};
struct MonthClosed {
  static constexpr std::string_view type = "MONTH_CLOSED";
};

struct Month {
  std::string aggregate_id;
  castore::Version version = 0;
  int pokeballs = 0;
  bool is_closed = false;
};
// [/events]

struct MonthReducer {
  void operator()(Month& month, const MonthOpened& event) const { month.pokeballs = event.pokeballs; }
  void operator()(Month& month, const PokeballSold&) const { --month.pokeballs; }
  void operator()(Month& month, const MonthClosed&) const { month.is_closed = true; }
};
using Shop = castore::EventStore<castore::Events<MonthOpened, PokeballSold, MonthClosed>, Month, MonthReducer,
                                 castore::InMemoryEventStorageAdapter>;

// [close]
void close_month(Shop& shop, const std::string& id, const std::string& next_id) {
  const Month month = shop.get_existing_aggregate(id);
  castore::push_event_group(shop.group_event(id, month.version + 1, MonthClosed{}),
                            shop.group_event(next_id, 1, MonthOpened{month.pokeballs}));
}
// [/close]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  Shop shop{"SHOPS", storage};
  const auto sell = castore::Command{"SELL_POKEBALL", shop, [](const Month&) { return PokeballSold{}; }};

  // [fall]
  shop.push_event("viridian", 1, MonthOpened{1000});
  for (int month = 1; month <= 12; ++month) {
    for (int ball = 0; ball < 50; ++ball) sell("viridian");
  }
  std::cout << "one stream: to sell a ball reads " << shop.get_events("viridian").size() << " events\n";
  // [/fall]

  // [way]
  const auto id_of = [](int month) { return "viridian/2022-" + std::to_string(month); };
  shop.push_event(id_of(1), 1, MonthOpened{1000});
  for (int month = 1; month <= 12; ++month) {
    for (int ball = 0; ball < 50; ++ball) sell(id_of(month));
    if (month < 12) close_month(shop, id_of(month), id_of(month + 1));
  }
  std::cout << "one stream a month: it reads " << shop.get_events(id_of(12)).size() << "; "
            << shop.get_existing_aggregate(id_of(12)).pokeballs << " balls are left\n";
  // [/way]
}
