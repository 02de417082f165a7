// SPDX-License-Identifier: MIT
#include <castore/core/event_log.hpp>

#include <castore/castore.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using castore::AnyEventStorageAdapter;
using castore::AnyTransaction;
using castore::InMemoryEventStorageAdapter;
using castore::Position;
using castore::PushOutcome;
using castore::PushRecord;
using castore::ReadAllEventsResult;
using castore::SequencedEventView;
using castore_tests::at;
using castore_tests::error_of;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;
using castore_tests::RecordStorage;

namespace {

/// A storage of a third party: its transactions are a number.
struct Ledger {
  Position position = 0;
  Position checkpoint(std::string_view, int) const { return position; }
  bool move_checkpoint(std::string_view, int, Position from, Position to) {
    if (position != from) return false;
    position = to;
    return true;
  }
};
struct LedgerStorage : RecordStorage {
  using Transaction = Ledger;
  using RecordStorage::push_events;
  void transact(castore::detail::FunctionRef<void(Ledger&)> function) { function(ledger); }
  PushOutcome push_events(std::span<const PushRecord> records, const castore::PushOptions& options,
                          castore::PushHook<Ledger> hook) {
    const PushOutcome outcome = RecordStorage::push_events(records, options);
    const SequencedEventView event{7, records[0].event_store_id, records[0].record};
    if (outcome.status == PushOutcome::pushed) hook(ledger, {&event, 1});
    return outcome;
  }
  Ledger ledger;
};
static_assert(castore::RunsTransactions<LedgerStorage>);
static_assert(castore::PushesInTransaction<LedgerStorage>);
static_assert(!castore::ReadsAllEvents<LedgerStorage>);

struct WithoutOrder : RecordStorage {
  PushOutcome push_events(std::span<const PushRecord> records, const castore::PushOptions&) override {
    return {RecordStorage::push_events(records, {}).status};
  }
};

template <class Adapter>
std::string read(const Adapter& adapter, Position after, const castore::ReadAllEventsOptions& options = {}) {
  std::string text;
  const ReadAllEventsResult result = adapter.read_all_events(after, options, [&](const SequencedEventView& place) {
    text += std::to_string(place.position) + ":" + std::string{place.event_store_id} + "/" +
            std::string{place.event.aggregate_id} + std::to_string(place.event.version) + " ";
  });
  return text + "next " + std::to_string(result.next) + " head " + std::to_string(result.head) +
         (result.is_caught_up ? " end" : "");
}

}  // namespace

TEST_CASE("the order of a storage and its transactions go through handles and decorators") {
  InMemoryEventStorageAdapter memory;
  PokemonStore pokemons{"POKEMONS", memory};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  castore::testing::FaultInjectingAdapter over{memory};
  const AnyEventStorageAdapter handle{over};
  CHECK(read(handle, 0) == "1:POKEMONS/pikachu1 next 1 head 1 end");
  CHECK(handle.wait_for_events(0, std::chrono::milliseconds{0}));
  CHECK_FALSE(handle.wait_for_events(1, std::chrono::milliseconds{0}));
  CHECK(over.calls(castore::StorageOperation::read_all_events) == 1);
  CHECK_FALSE(castore::supports<castore::operations::TellFeedStatus>(handle));

  LedgerStorage ledger;
  castore::testing::FaultInjectingAdapter over_ledger{ledger};
  const AnyEventStorageAdapter any{over_ledger};
  CHECK_FALSE(castore::supports<castore::operations::ReadAllEvents>(any));
  CHECK(error_of<castore::UnsupportedOperationError>([&] { read(any, 0); }).operation() == "read_all_events");
  over_ledger.transact([](Ledger& transaction) { CHECK(transaction.move_checkpoint("list", 1, 0, 5)); });
  any.transact([&](AnyTransaction& transaction) {
    CHECK(transaction.checkpoint("list", 1) == 5);
    CHECK_FALSE(transaction.move_checkpoint("list", 1, 4, 6));
    CHECK(transaction.target<Ledger>() == &ledger.ledger);
    CHECK(transaction.target<int>() == nullptr);
    const auto keep = [&] { transaction.add_dead_letter("list", 1, {}); };
    CHECK(error_of<castore::UnsupportedOperationError>(keep).operation() == "add_dead_letter");
    CHECK(transaction.dead_letters("list", 1).empty());
    CHECK_FALSE(transaction.drop_dead_letter("list", 1, 3));
  });
  const PushRecord record{"S", {"a", 1, "A", at(1), "{}", ""}};
  CHECK(any.push_events({&record, 1}, {}, [](AnyTransaction& transaction, std::span<const SequencedEventView> events) {
    CHECK(transaction.move_checkpoint("list", 1, 5, events[0].position));
  }) == PushOutcome{});
  CHECK(ledger.ledger.position == 7);
}

TEST_CASE("what is pushed says its position: an event, each of a group, the last of a command") {
  InMemoryEventStorageAdapter memory;
  PokemonStore pokemons{"POKEMONS", memory};
  CHECK(pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}).position == 1);
  const auto [second, third] =
      castore::push_event_group(pokemons.group_event("raichu", 1, PokemonAppeared{"Raichu", 9}),
                                pokemons.group_event("pikachu", 2, PokemonLeveledUp{}));
  CHECK(second.position == 2);
  CHECK(third.position == 3);
  const castore::Command twice{"TWICE", pokemons, [](const castore_tests::Pokemon&) {
                                 return std::vector<PokemonLeveledUp>{{}, {}};
                               }};
  CHECK(twice("raichu").position == 5);
  const castore::Command once{"ONCE", pokemons, [](const castore_tests::Pokemon&) { return PokemonLeveledUp{}; }};
  CHECK(once("raichu").position == 6);
  CHECK(pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 6}, {.force = true}).position == 1);

  WithoutOrder records;
  PokemonStore without_order{"POKEMONS", records};
  CHECK_FALSE(without_order.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}).position);
}

TEST_CASE("a reading of the storage in memory selects by store and type, and says how far it came") {
  InMemoryEventStorageAdapter memory;
  const auto push = [&](std::string_view event_store_id, std::string_view aggregate_id, castore::Version version,
                        std::string_view type) {
    const PushRecord record{event_store_id, {std::string{aggregate_id}, version, std::string{type}, at(1), "{}", ""}};
    REQUIRE(memory.push_events({&record, 1}, {}) == PushOutcome{});
  };
  CHECK(read(memory, 0) == "next 0 head 0 end");
  push("S", "a", 1, "A");
  push("T", "a", 1, "A");
  push("S", "a", 2, "B");
  push("S", "b", 1, "A");
  CHECK(read(memory, 0, {.limit = 2}) == "1:S/a1 2:T/a1 next 2 head 4");
  CHECK(read(memory, 2, {.limit = 2}) == "3:S/a2 4:S/b1 next 4 head 4 end");
  CHECK(read(memory, 0, {.limit = 0}) == "next 0 head 4");
  const std::string_view s = "S";
  const std::string_view a = "A";
  const std::string_view none = "C";
  CHECK(read(memory, 0, {.event_store_ids = {&s, 1}}) == "1:S/a1 3:S/a2 4:S/b1 next 4 head 4 end");
  CHECK(read(memory, 0, {.limit = 2, .event_store_ids = {&s, 1}, .types = {&a, 1}}) ==
        "1:S/a1 4:S/b1 next 4 head 4 end");
  CHECK(read(memory, 1, {.types = {&none, 1}}) == "next 4 head 4 end");
  CHECK(read(memory, 9) == "next 9 head 4 end");
}
