// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTING_LOG_CONFORMANCE_TRANSACTIONS_HPP
#define CASTORE_TESTING_LOG_CONFORMANCE_TRANSACTIONS_HPP

/// @file
/// Laws 13, 14, 16 and 19, as far as they are the storage's: transactions, checkpoints, dead letters, and what is done
/// with a push.

#include <castore/core/dead_letters.hpp>
#include <castore/core/event_log.hpp>
#include <castore/core/event_storage_adapter.hpp>
#include <castore/core/storage_operations.hpp>
#include <castore/core/timestamp.hpp>
#include <castore/fwd.hpp>
#include <castore/testing/adapter_conformance/adapter_under_test.hpp>
#include <castore/testing/adapter_conformance/expect.hpp>
#include <castore/testing/adapter_conformance/law.hpp>
#include <castore/testing/adapter_conformance/run_threads.hpp>
#include <castore/testing/log_conformance/placed_events.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castore::testing::detail {

inline Position checkpoint_of(const AdapterUnderTest& adapter, std::string_view name, int version = 1) {
  Position position = 0;
  adapter.adapter().transact([&](AnyTransaction& transaction) { position = transaction.checkpoint(name, version); });
  return position;
}
inline bool move(const AdapterUnderTest& adapter, std::string_view name, Position from, Position to, int version = 1) {
  bool is_moved = false;
  adapter.adapter().transact(
      [&](AnyTransaction& transaction) { is_moved = transaction.move_checkpoint(name, version, from, to); });
  return is_moved;
}

/// What a transaction throws to be rolled back.
struct Undone {};
template <class Function>
void expect_undone(std::string_view what, const Function& function) {
  try {
    function();
  } catch (const Undone&) {
    return;
  }
  throw Deviation{"what " + std::string{what} + " throws", "no exception"};
}

inline void checkpoints_move_from_where_they_are(const AdapterUnderTest& adapter) {
  expect_equal(checkpoint_of(adapter, "list"), Position{0}, "a checkpoint that was never moved");
  expect(!move(adapter, "list", 3, 5), "false for a move from 3, when the checkpoint is at 0", "true");
  expect_equal(checkpoint_of(adapter, "list"), Position{0}, "the checkpoint after a move that was refused");
  expect(move(adapter, "list", 0, 5), "true for a move from 0, when the checkpoint is there", "false");
  expect(!move(adapter, "list", 0, 7), "false for a move from 0, when the checkpoint is at 5", "true");
  expect(move(adapter, "list", 5, 7), "true for a move from 5, when the checkpoint is there", "false");
  expect_equal(checkpoint_of(adapter, "list"), Position{7}, "the checkpoint");
  expect_equal(checkpoint_of(adapter, "list", 2), Position{0}, "the checkpoint of another version");
  expect_equal(checkpoint_of(adapter, "LIST"), Position{0}, "the checkpoint of another name");
}

inline void checkpoints_move_with_their_transaction(const AdapterUnderTest& adapter) {
  expect(move(adapter, "list", 0, 5), "true for a move from 0", "false");
  expect_undone("the function of a transaction", [&] {
    adapter.adapter().transact([](AnyTransaction& transaction) {
      expect(transaction.move_checkpoint("list", 1, 5, 6), "true for a move from 5", "false");
      expect_equal(transaction.checkpoint("list", 1), Position{6}, "the checkpoint in its transaction");
      throw Undone{};
    });
  });
  expect_equal(checkpoint_of(adapter, "list"), Position{5}, "the checkpoint after its transaction was rolled back");
  expect_undone("the function of a transaction", [&] {
    adapter.adapter().transact([](AnyTransaction& transaction) {
      expect(transaction.move_checkpoint("new", 1, 0, 6), "true for a move from 0", "false");
      throw Undone{};
    });
  });
  expect_equal(checkpoint_of(adapter, "new"), Position{0}, "a new checkpoint after its transaction was rolled back");
}

inline void one_of_many_moves_a_checkpoint(const AdapterUnderTest& adapter) {
  constexpr Position last = 15;
  std::atomic<Position> moved{0};
  run_threads(3, [&](std::size_t) {
    for (Position from = 0; from < last; ++from) {
      // A storage may refuse one of two transactions that meet; then it is done again.
      for (int attempt = 0; checkpoint_of(adapter, "list") <= from; ++attempt) {
        try {
          if (move(adapter, "list", from, from + 1)) ++moved;
        } catch (const StorageError& error) {
          if (!error.retryable() || attempt > 100) throw;
        }
      }
    }
  });
  expect_equal(moved.load(), last, "moves of a checkpoint by threads that all wanted each");
  expect_equal(checkpoint_of(adapter, "list"), last, "the checkpoint");
}

using DeadLetters = std::vector<EventDeadLetter>;
inline std::string describe_letters(const DeadLetters& letters) {
  std::string text;
  for (const EventDeadLetter& letter : letters) {
    text += std::to_string(letter.position) + " \"" + letter.error + "\" " + std::to_string(letter.attempts) + " at " +
            std::to_string(letter.at.time_since_epoch().count()) + "; ";
  }
  return text.empty() ? "none" : text;
}
inline void expect_dead_letters(const AdapterUnderTest& adapter, const DeadLetters& expected, std::string_view when,
                                int version = 1) {
  DeadLetters letters;
  adapter.adapter().transact([&](AnyTransaction& transaction) { letters = transaction.dead_letters("list", version); });
  expect(letters == expected, "dead letters " + std::string{when} + ": " + describe_letters(expected),
         describe_letters(letters));
}

inline void dead_letters_are_kept_until_they_are_dropped(const AdapterUnderTest& adapter) {
  const Timestamp at{std::chrono::milliseconds{1'700'000'000'123}};
  const EventDeadLetter first{3, "it's \"full\" \xC3\xA9", 1, at};
  const EventDeadLetter last{5'000'000'000, "", 2, at};
  const auto change = [&adapter](const auto& function) { adapter.adapter().transact(function); };
  expect_dead_letters(adapter, {}, "of a storage that has none");
  change([&](AnyTransaction& transaction) {
    expect(!transaction.drop_dead_letter("list", 1, 3), "false for a dead letter that is not there", "true");
    transaction.add_dead_letter("list", 1, last);
    transaction.add_dead_letter("list", 1, first);
    transaction.add_dead_letter("list", 2, first);
    transaction.add_dead_letter("LIST", 1, last);
    expect(transaction.dead_letters("list", 1) == DeadLetters{first, last}, "two dead letters in their transaction",
           describe_letters(transaction.dead_letters("list", 1)));
  });
  expect_dead_letters(adapter, {first, last}, "in the order of positions");
  const EventDeadLetter again{3, "no room", 2, at + std::chrono::milliseconds{1}};
  change([&](AnyTransaction& transaction) { transaction.add_dead_letter("list", 1, again); });
  expect_dead_letters(adapter, {again, last}, "after one took the place of another");
  change([&](AnyTransaction& transaction) {
    expect(transaction.drop_dead_letter("list", 1, 3), "true for a dead letter that is there", "false");
    expect(!transaction.drop_dead_letter("list", 1, 3), "false for one that was dropped", "true");
  });
  expect_dead_letters(adapter, {last}, "after one was dropped");
  expect_dead_letters(adapter, {first}, "of another version", 2);
}

inline void dead_letters_are_kept_with_their_transaction(const AdapterUnderTest& adapter) {
  const EventDeadLetter letter{3, "no room", 1, {}};
  const auto change_and_throw = [&] {
    adapter.adapter().transact([&](AnyTransaction& transaction) {
      transaction.add_dead_letter("list", 1, {3, "again", 2, {}});
      transaction.add_dead_letter("list", 1, {4, "other", 1, {}});
      static_cast<void>(transaction.drop_dead_letter("list", 1, 3));
      throw Undone{};
    });
  };
  expect_undone("the function of a transaction", change_and_throw);
  expect_dead_letters(adapter, {}, "after their transaction was rolled back");
  adapter.adapter().transact([&](AnyTransaction& transaction) { transaction.add_dead_letter("list", 1, letter); });
  expect_undone("the function of a transaction", change_and_throw);
  expect_dead_letters(adapter, {letter}, "after a transaction that changed them was rolled back");
}

inline PushOutcome push_with_hook(const AdapterUnderTest& adapter, const LawEventList& events,
                                  PushHook<AnyTransaction> hook) {
  std::vector<PushRecord> records;
  for (const LawEvent& event : events) {
    records.push_back({event.event_store_id, AdapterUnderTest::to_record(event)});
  }
  return adapter.adapter().push_events(records, {}, hook);
}

inline void a_push_and_its_hook_are_one(const AdapterUnderTest& adapter) {
  PlacedEvents seen;
  const PushOutcome outcome =
      push_with_hook(adapter, {law_event("b", 1), law_event("a", 1)},
                     [&](AnyTransaction& transaction, std::span<const SequencedEventView> events) {
                       seen.clear();
                       for (const SequencedEventView& place : events) {
                         seen.push_back({place.position, std::string{place.event_store_id}, place.event.to_record()});
                       }
                       expect(transaction.move_checkpoint("list", 1, 0, 5), "true for a move from 0", "false");
                     });
  expect_equal(outcome, PushOutcome{}, "a push with a hook");
  expect_equal(checkpoint_of(adapter, "list"), Position{5}, "the checkpoint that the hook moved");
  const PlacedEvents all = read_to_end(adapter.adapter());
  expect_equal(names_of(all), Names{"b1", "a1"}, "events that were pushed with a hook");
  expect_equal(names_of(seen), names_of(all), "events that the hook saw");
  for (std::size_t index = 0; index < all.size(); ++index) {
    expect_equal(seen[index].position, all[index].position, "position of an event that the hook saw");
  }
  expect_equal(outcome.position, all[0].position, "position that the push told");
}

inline void a_hook_that_throws_undoes_its_push(const AdapterUnderTest& adapter) {
  adapter.must_push(law_event("a", 1));
  expect_undone("a hook", [&] {
    static_cast<void>(push_with_hook(adapter, {law_event("a", 2), law_event("b", 1)},
                                     [](AnyTransaction& transaction, std::span<const SequencedEventView>) {
                                       static_cast<void>(transaction.move_checkpoint("list", 1, 0, 5));
                                       throw Undone{};
                                     }));
  });
  expect_equal(checkpoint_of(adapter, "list"), Position{0}, "the checkpoint that a hook moved that threw");
  adapter.expect_no_events("S", "b", "events of a push whose hook threw");
  adapter.must_push(law_event("a", 2));
  expect_equal(names_of(read_to_end(adapter.adapter())), Names{"a1", "a2"}, "events after a hook that threw");
}

inline void a_refused_push_calls_no_hook(const AdapterUnderTest& adapter) {
  adapter.must_push(law_event("a", 1));
  int calls = 0;
  const PushOutcome outcome = push_with_hook(adapter, {law_event("b", 1), law_event("a", 1)},
                                             [&](AnyTransaction&, std::span<const SequencedEventView>) { ++calls; });
  expect_equal(outcome, PushOutcome{PushOutcome::already_exists, 1}, "a push with a hook that meets a conflict");
  expect_equal(calls, 0, "calls of the hook of a push that is refused");
}

inline constexpr AdapterLaw transaction_laws[] = {
    {.law = 13,
     .name = "a checkpoint moves only from where it is",
     .check = checkpoints_move_from_where_they_are,
     .records_only = true},
    {.law = 13,
     .name = "a checkpoint moves with its transaction",
     .check = checkpoints_move_with_their_transaction,
     .records_only = true},
    {.law = 14,
     .name = "of many that move a checkpoint at once one does",
     .check = one_of_many_moves_a_checkpoint,
     .records_only = true},
};

inline constexpr AdapterLaw dead_letter_laws[] = {
    {.law = 19,
     .name = "dead letters are kept by their positions until they are dropped",
     .check = dead_letters_are_kept_until_they_are_dropped,
     .records_only = true},
    {.law = 19,
     .name = "dead letters are kept with their transaction",
     .check = dead_letters_are_kept_with_their_transaction,
     .records_only = true},
};

inline constexpr AdapterLaw hook_laws[] = {
    {.law = 16,
     .name = "a push and what its hook does happen together",
     .check = a_push_and_its_hook_are_one,
     .records_only = true},
    {.law = 16,
     .name = "a hook that throws leaves neither an event nor anything else",
     .check = a_hook_that_throws_undoes_its_push,
     .records_only = true},
    {.law = 16,
     .name = "the hook of a push that is refused is not called",
     .check = a_refused_push_calls_no_hook,
     .records_only = true},
};

}  // namespace castore::testing::detail

#endif
