// SPDX-License-Identifier: MIT
// What types cannot say of an event, who did it, and input that comes as JSON.

#include <castore/castore.hpp>

#include <iostream>
#include <optional>
#include <string>
#include <string_view>

// [payload]
struct Paid {
  static constexpr std::string_view type = "PAID";
  struct Metadata {
    std::string cashier;
  };
  long cents = 0;
  std::string currency = "EUR";

  static void validate(const Paid& paid) {
    if (paid.cents <= 0) throw castore::InvalidEventError{"cents", "it must be above 0"};
    if (paid.currency.size() != 3) throw castore::InvalidEventError{"currency", "it must have 3 letters"};
  }
};
// [/payload]

struct Account {
  std::string aggregate_id;
  castore::Version version = 0;
  long cents = 0;
};
struct AccountReducer {
  void operator()(Account& account, const Paid& paid) const { account.cents += paid.cents; }
};
using AccountStore = castore::EventStore<castore::Events<Paid>, Account, AccountReducer>;

// [decide]
struct Pay {
  long cents = 0;
  std::string cashier;

  static void validate(const Pay& pay) {
    if (pay.cashier.empty()) throw castore::InvalidEventError{"cashier", "it is empty"};
  }
};

auto take_money(const std::optional<Account>&, const Pay& pay) {
  return castore::with_metadata(Paid{.cents = pay.cents}, {.cashier = pay.cashier});
}
// [/decide]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  AccountStore accounts{"ACCOUNTS", storage};

  // [push]
  try {
    accounts.push_event("a", 1, Paid{.cents = -5});
  } catch (const castore::InvalidPayloadError& error) {
    std::cout << error.field() << ": " << error.reason() << '\n' << error.what() << '\n';
  }
  // [/push]

  // [json]
  const castore::Command pay{"PAY", accounts, take_money};
  std::cout << pay.call_json("a", R"({"cents": 500, "cashier": "Ann"})").aggregate.cents << '\n';
  for (const char* body : {R"({"cents": 500})", R"({"cents": "a lot", "cashier": "Ann"})",
                           R"({"cents": 5, "cashier": ""})", R"({"cents": 5, "cashier": "Ann", "tip": 1})"}) {
    try {
      pay.call_json("a", body);
    } catch (const castore::InvalidInputError& error) {
      std::cout << error.what() << '\n';
    }
  }
  // [/json]
}
