// SPDX-License-Identifier: MIT
#include <castore/core/detail/validate.hpp>

#include <castore/castore.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

namespace validate_tests {

using castore::InvalidEventError;
using castore::InvalidPayloadError;
using castore::with_metadata;
using castore_tests::cause_of;
using castore_tests::error_of;

struct Paid {
  static constexpr std::string_view type = "PAID";
  struct Device {
    std::string name;
    static void validate(const Device& device) {
      if (device.name.empty()) throw InvalidEventError{"name", "it is empty"};
    }
  };
  using Metadata = std::optional<Device>;
  long cents = 0;

  static void validate(const Paid& paid) {
    if (paid.cents == 13) throw std::domain_error{"unlucky"};
    if (paid.cents <= 0) throw InvalidEventError{"cents", std::to_string(paid.cents) + " is not above 0"};
  }
};
struct Opened {
  static constexpr std::string_view type = "OPENED";
};
struct Account : castore::Aggregate {
  long cents = 0;
};
struct AccountReducer {
  void operator()(Account& account, const Paid& paid) const { account.cents += paid.cents; }
  void operator()(Account&, const Opened&) const {}
};
using Accounts = castore::EventStore<castore::Events<Opened, Paid>, Account, AccountReducer>;

/// The error is of this event, and nothing of the push was written.
template <class Function>
void check_refused(Accounts& accounts, castore::Version version, std::string_view field, std::string_view reason,
                   Function push) {
  const std::size_t before = accounts.get_events("a").size();
  const auto error = error_of<InvalidPayloadError>(push);
  CHECK(error.event_store_id() == "ACCOUNTS");
  CHECK(error.aggregate_id() == "a");
  CHECK(error.version() == version);
  CHECK(error.type() == "PAID");
  CHECK(error.field() == field);
  CHECK(error.reason() == reason);
  CHECK(error.what() == "castore: event " + std::to_string(version) +
                            " of aggregate 'a' in event store 'ACCOUNTS' (type 'PAID'): field " + std::string{field} +
                            ": " + std::string{reason});
  CHECK(cause_of<InvalidEventError>(push).reason() == reason);
  CHECK(accounts.get_events("a").size() == before);
}

TEST_CASE("every push asks a payload's validate, and nothing is written that it refuses") {
  castore::AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  Accounts accounts{"ACCOUNTS", storage};
  const auto refused = [&](castore::Version version, auto push) {
    check_refused(accounts, version, "cents", "-1 is not above 0", push);
  };
  refused(1, [&] { accounts.push_event("a", 1, Paid{-1}); });
  refused(1, [&] { (void)accounts.try_push_event("a", 1, Paid{-1}); });
  refused(1,
          [&] { accounts.push_event(castore::EventDetail<Paid>{.aggregate_id = "a", .version = 1, .payload = {-1}}); });
  refused(4, [&] { accounts.push_event("a", 4, Paid{-1}, {.force = true}); });
  refused(2, [&] { accounts.push_events("a", 0, Opened{}, Paid{-1}); });
  refused(2, [&] {
    (void)accounts.try_push_events("a", 0, std::vector<std::variant<Opened, Paid>>{Paid{1}, Paid{-1}});
  });
  refused(1, [&] {
    (void)castore::push_event_group(accounts.group_event("b", 1, Opened{}), accounts.group_event("a", 1, Paid{-1}));
  });
  refused(1, [&] { castore::push_event_group({accounts.group_event("a", 1, Paid{-1})}); });
  CHECK(accounts.get_events("b").empty());

  accounts.push_event("a", 1, Paid{1});
  const castore::Command pay{"PAY", accounts, [](const Account&, long cents) { return Paid{cents}; }};
  refused(2, [&] { pay("a", -1L); });
  const castore::Command pay_all{"PAY_ALL", accounts, [](const Account&) { return std::tuple{Paid{2}, Paid{-1}}; }};
  refused(3, [&] { pay_all("a"); });
  CHECK(pay("a", 2L).aggregate.cents == 3);
}

TEST_CASE("a push asks the validate of metadata, where there are some") {
  Accounts accounts{"ACCOUNTS", std::make_shared<castore::InMemoryEventStorageAdapter>()};
  check_refused(accounts, 1, "metadata.name", "it is empty",
                [&] { accounts.push_event("a", 1, Paid{1}, {.metadata = {{.name = ""}}}); });
  check_refused(accounts, 2, "metadata.name", "it is empty",
                [&] { accounts.push_events("a", 0, Opened{}, with_metadata(Paid{1}, {{.name = ""}})); });
  accounts.push_events("a", 0, with_metadata(Paid{1}, {{.name = "till 3"}}), Paid{2});
  CHECK(accounts.get_existing_aggregate("a").cents == 3);
}

TEST_CASE("what validate throws besides passes as it is") {
  Accounts accounts{"ACCOUNTS", std::make_shared<castore::InMemoryEventStorageAdapter>()};
  CHECK(error_of<std::domain_error>([&] { accounts.push_event("a", 1, Paid{13}); }).what() ==
        std::string_view{"unlucky"});
  CHECK(accounts.get_events("a").empty());
}

}  // namespace validate_tests
