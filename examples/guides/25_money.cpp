// SPDX-License-Identifier: MIT
// Money in events: counted in the smallest unit, never mixed between currencies, divided without a cent too few.

#include <castore/castore.hpp>

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// [money]
struct Money {
  std::int64_t minor_units = 0;  // cents of EUR, yen of JPY, thousandths of KWD
  std::string currency;          // ISO 4217

  friend bool operator==(const Money&, const Money&) = default;
};

inline Money operator+(const Money& left, const Money& right) {
  if (left.currency != right.currency) throw std::domain_error{left.currency + " and " + right.currency + " do not add up"};
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  if (left.minor_units < 0 || right.minor_units < 0 || left.minor_units > most - right.minor_units) {
    throw std::domain_error{"the sum is out of range"};
  }
  return {left.minor_units + right.minor_units, left.currency};
}
// [/money]

// [divide]
/// Shares that differ by one unit at most and add up to the whole: 10.00 in three is 3.34, 3.33, 3.33.
inline std::vector<Money> divide(const Money& whole, int shares) {
  if (shares < 1) throw std::domain_error{"money is divided into one share or more"};
  std::vector<Money> result(static_cast<std::size_t>(shares), {whole.minor_units / shares, whole.currency});
  for (std::int64_t rest = 0; rest < whole.minor_units % shares; ++rest) {
    ++result[static_cast<std::size_t>(rest)].minor_units;
  }
  return result;
}
// [/divide]

// [event]
struct Paid {
  static constexpr std::string_view type = "PAID";
  Money price;
  Money charged;     // in the currency of the card
  std::string rate;  // "1.0842" as it was, as text: nobody calculates with it again

  static void validate(const Paid& paid) {
    if (paid.price.minor_units <= 0) throw castore::InvalidEventError{"price.minor_units", "it must be above 0"};
    if (paid.price.currency.size() != 3) throw castore::InvalidEventError{"price.currency", "it must have 3 letters"};
  }
};
// [/event]

// [aggregate]
struct Account {
  std::string aggregate_id;
  castore::Version version = 0;
  Money total{0, "EUR"};
};
struct AccountReducer {
  void operator()(Account& account, const Paid& paid) const { account.total = account.total + paid.price; }
};
// [/aggregate]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<Paid>, Account, AccountReducer, castore::InMemoryEventStorageAdapter> accounts{
      "ACCOUNTS", storage};

  // [run]
  castore::Version version = 0;
  for (const Money& share : divide({1000, "EUR"}, 3)) {
    accounts.push_event("ash", ++version, Paid{share, share, "1"});
    std::cout << share.minor_units << ' ' << share.currency << '\n';
  }
  std::cout << "total " << accounts.get_existing_aggregate("ash").total.minor_units << '\n';
  try {
    accounts.push_event("ash", ++version, Paid{{0, "EUR"}, {0, "EUR"}, "1"});
  } catch (const castore::InvalidPayloadError& error) {
    std::cout << error.field() << ": " << error.reason() << '\n';
  }
  // [/run]
}
