// SPDX-License-Identifier: MIT
#ifndef CASTORE_BENCHMARKS_SUPPORT_WORKLOAD_HPP
#define CASTORE_BENCHMARKS_SUPPORT_WORKLOAD_HPP

#include <castore/castore.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace benchmarks {

struct AccountOpened {
  static constexpr std::string_view type = "ACCOUNT_OPENED";
  std::string owner;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(AccountOpened, owner)
};
struct MoneyDeposited {
  static constexpr std::string_view type = "MONEY_DEPOSITED";
  std::int64_t cents = 0;
  std::string reference;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(MoneyDeposited, cents, reference)
};
struct AccountClosed {
  static constexpr std::string_view type = "ACCOUNT_CLOSED";
};
using AccountEvents = castore::Events<AccountOpened, MoneyDeposited, AccountClosed>;

struct Account : castore::Aggregate {
  std::string owner;
  std::int64_t cents = 0;
  bool is_open = false;
};

struct InPlaceReducer {
  void operator()(Account& account, const AccountOpened& event) const {
    account.owner = event.owner;
    account.is_open = true;
  }
  void operator()(Account& account, const MoneyDeposited& event) const { account.cents += event.cents; }
  void operator()(Account& account, const AccountClosed&) const { account.is_open = false; }
};

struct PureReducer {
  Account operator()(Account account, const AccountOpened& event) const {
    account.owner = event.owner;
    account.is_open = true;
    return account;
  }
  Account operator()(Account account, const MoneyDeposited& event) const {
    account.cents += event.cents;
    return account;
  }
  Account operator()(Account account, const AccountClosed&) const {
    account.is_open = false;
    return account;
  }
};

inline const AccountOpened opened{"Ada Lovelace"};
inline const MoneyDeposited deposited{4200, "salary"};
/// About 60 bytes of JSON.
inline const MoneyDeposited deposited_60{4200, "invoice 2024-0117, second part"};

/// What a command of the benchmarks decides, and the hand-written code beside it.
inline MoneyDeposited deposit(const Account& account, std::int64_t cents) {
  if (account.cents > 1'000'000'000 - cents) throw std::domain_error{"the account is full"};
  return {cents, "salary"};
}

inline std::vector<std::string> make_ids(std::size_t count) {
  std::vector<std::string> ids;
  for (std::size_t index = 0; index < count; ++index) ids.push_back("account-" + std::to_string(100000 + index));
  return ids;
}

}  // namespace benchmarks

#endif
