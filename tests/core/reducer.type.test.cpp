// SPDX-License-Identifier: MIT
#include <castore/core/reducer.hpp>
#include "support/catch.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

using castore::EventInfo;
using castore::ReducesInPlace;
using castore::ReducesInPlaceWithInfo;
using castore::ReducesPurely;
using castore::ReducesPurelyWithInfo;

namespace reducer_type_test {

/// An id that every compiler can handle in constant expressions.
struct ShortId {
  constexpr ShortId() = default;
  constexpr ShortId& operator=(std::string_view text) {
    size = text.copy(characters.data(), characters.size());
    return *this;
  }
  constexpr std::string_view view() const { return {characters.data(), size}; }
  friend constexpr bool operator==(const ShortId& left, std::string_view right) { return left.view() == right; }

  std::array<char, 16> characters{};
  std::size_t size = 0;
};

struct Account {
  ShortId aggregate_id;
  castore::Version version = 0;
  int balance = 0;
  int movements = 0;
};

struct Deposited {
  static constexpr std::string_view type = "DEPOSITED";
  struct Metadata {
    int fee = 0;
  };
  int amount = 0;
};
struct Withdrawn {
  static constexpr std::string_view type = "WITHDRAWN";
  int amount = 0;
};
struct Closed {
  static constexpr std::string_view type = "CLOSED";
};
struct Audited {
  static constexpr std::string_view type = "AUDITED";
};

/// All four forms in one reducer.
struct AllForms {
  constexpr Account operator()(Account account, const Withdrawn& event) const {
    account.balance -= event.amount;
    ++account.movements;
    return account;
  }
  constexpr Account operator()(Account account, const Deposited& event, const EventInfo<Deposited>& info) const {
    account.balance += event.amount - info.metadata.fee;
    ++account.movements;
    return account;
  }
  constexpr void operator()(Account& account, const Closed&) const { account.balance = 0; }
  constexpr void operator()(Account& account, const Audited&, const EventInfo<Audited>& info) const {
    account.movements = static_cast<int>(info.version);
  }
};

template <class Payload>
struct ByValueWithoutResult {
  void operator()(Account, const Payload&) const;
};
struct ByConstReference {
  void operator()(const Account&, const Closed&) const;
};
struct ByRvalueReference {
  void operator()(Account&&, const Closed&) const;
};
struct ReturnsSomethingElse {
  int operator()(Account, const Closed&) const;
};
struct ChangesAndReturns {
  Account& operator()(Account&, const Closed&) const;
};
struct NotConst {
  Account operator()(Account, const Closed&);
};
struct PureAndInPlace {
  Account operator()(Account, const Closed&) const;
  void operator()(Account&, const Closed&, const EventInfo<Closed>&) const;
};
struct Generic {
  void operator()(Account& account, const auto& event) const;
};
struct GenericWithInfo {
  void operator()(auto& account, const auto& event, const auto& info) const;
};
struct GenericByForwarding {
  void operator()(auto&& account, const Closed& event) const;
};

template <class Reducer, class Payload>
inline constexpr int forms = castore::detail::reducer_forms<Reducer, Account, Payload>;

constexpr castore::Timestamp some_time{};
constexpr AllForms reducer{};

/// Folds payloads without an `Event`, which holds a string.
constexpr Account final_account() {
  castore::detail::AggregateFold<Account, AllForms> fold{reducer, "ash"};
  fold.apply(Deposited{100}, 1, some_time, Deposited::Metadata{5});
  fold.apply(Withdrawn{30}, 2, some_time, {});
  return *std::move(fold).result();
}

constexpr Account account_on_from(Account seed) {
  castore::detail::AggregateFold<Account, AllForms> fold{reducer, "ash", seed};
  fold.apply(Audited{}, 3, some_time, {});
  fold.apply(Closed{}, 4, some_time, {});
  return *std::move(fold).result();
}

static_assert(final_account().balance == 65);
static_assert(final_account().movements == 2);
static_assert(final_account().version == 2);
static_assert(final_account().aggregate_id == "ash");
static_assert(account_on_from(final_account()).balance == 0);
static_assert(account_on_from(final_account()).movements == 3);
static_assert(account_on_from(final_account()).version == 4);

}  // namespace reducer_type_test

using namespace reducer_type_test;

TEST_CASE("each of the four forms of a reducer is recognised for what it is") {
  STATIC_REQUIRE(ReducesPurely<AllForms, Account, Withdrawn>);
  STATIC_REQUIRE(ReducesPurelyWithInfo<AllForms, Account, Deposited>);
  STATIC_REQUIRE(ReducesInPlace<AllForms, Account, Closed>);
  STATIC_REQUIRE(ReducesInPlaceWithInfo<AllForms, Account, Audited>);
  STATIC_REQUIRE(forms<AllForms, Withdrawn> == 1);
  STATIC_REQUIRE(forms<AllForms, Deposited> == 1);
  STATIC_REQUIRE(forms<AllForms, Closed> == 1);
  STATIC_REQUIRE(forms<AllForms, Audited> == 1);
  STATIC_REQUIRE_FALSE(ReducesInPlace<AllForms, Account, Withdrawn>);
  STATIC_REQUIRE_FALSE(ReducesPurely<AllForms, Account, Closed>);
}

TEST_CASE("a reducer that would lose its change is none") {
  STATIC_REQUIRE(forms<ByValueWithoutResult<Closed>, Closed> == 0);
  STATIC_REQUIRE(forms<ByConstReference, Closed> == 0);
  STATIC_REQUIRE(forms<ByRvalueReference, Closed> == 0);
  STATIC_REQUIRE(forms<GenericByForwarding, Closed> == 0);
}

TEST_CASE("a reducer that returns something else or changes itself is none") {
  STATIC_REQUIRE(forms<ReturnsSomethingElse, Closed> == 0);
  STATIC_REQUIRE(forms<ChangesAndReturns, Closed> == 0);
  STATIC_REQUIRE(forms<NotConst, Closed> == 0);
  STATIC_REQUIRE(forms<AllForms, int> == 0);
}

TEST_CASE("two overloads for one event are counted so that they can be refused") {
  STATIC_REQUIRE(forms<PureAndInPlace, Closed> == 2);
}

TEST_CASE("a generic reducer takes every event") {
  STATIC_REQUIRE(ReducesInPlace<Generic, Account, Closed>);
  STATIC_REQUIRE(ReducesInPlace<Generic, Account, Withdrawn>);
  STATIC_REQUIRE(ReducesInPlaceWithInfo<GenericWithInfo, Account, Closed>);
  STATIC_REQUIRE(forms<Generic, Closed> == 1);
  STATIC_REQUIRE(forms<GenericWithInfo, Closed> == 1);
}

TEST_CASE("building an aggregate gives an optional one") {
  using AccountEvent = castore::Event<castore::Events<Withdrawn, Closed>>;
  STATIC_REQUIRE(std::same_as<decltype(castore::build_aggregate<Account>(
                                  AllForms{}, std::declval<std::span<const AccountEvent>>())),
                              std::optional<Account>>);
}

TEST_CASE("a fold has room for a second aggregate only where one may be made beside the first") {
  using castore::detail::may_reduce_purely;
  STATIC_REQUIRE_FALSE(may_reduce_purely<Account, AllForms, castore::Events<Closed, Audited>>);
  STATIC_REQUIRE(may_reduce_purely<Account, AllForms, castore::Events<Closed, Withdrawn>>);
  STATIC_REQUIRE(may_reduce_purely<Account, AllForms, void>);
  using FoldInPlace = castore::detail::AggregateFold<Account, AllForms, castore::Events<Closed, Audited>>;
  STATIC_REQUIRE(sizeof(FoldInPlace) < 2 * sizeof(Account));
}

TEST_CASE("reducers and folds work in constant expressions") {
  STATIC_REQUIRE(final_account().balance == 65);
  STATIC_REQUIRE(account_on_from(final_account()).version == 4);
}
