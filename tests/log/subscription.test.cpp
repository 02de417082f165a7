// SPDX-License-Identifier: MIT
#include <castore/log/subscription.hpp>

#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/testing/fake_feed.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

using castore::EventDetail;
using castore::EventPlace;
using castore::PollResult;
using castore::Position;
using castore::StorageError;
using castore::StorageOperation;
using castore::Subscription;
using castore::SubscriptionStart;
using castore::testing::FakeFeed;
using castore::testing::FakeTransaction;
using castore_tests::error_of;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonCaught;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;
using std::chrono::milliseconds;

namespace {

/// Another view of the same events: it knows fewer types.
using OldEvents = castore::Events<PokemonAppeared, PokemonLeveledUp>;
struct OldReducer {
  void operator()(castore::Aggregate&, const PokemonAppeared&) const {}
  void operator()(castore::Aggregate&, const PokemonLeveledUp&) const {}
};
using OldStore = castore::EventStore<OldEvents, castore::Aggregate, OldReducer>;

/// An event that knows how often one was copied.
struct Noted {
  static constexpr std::string_view type = "NOTED";
  inline static int copies = 0;

  explicit Noted(std::string text_) : text{std::move(text_)} {}
  Noted(const Noted& other) : text{other.text} { ++copies; }
  Noted& operator=(const Noted& other) {
    text = other.text;
    ++assignments;
    return *this;
  }
  Noted(Noted&&) = default;

  std::string text;
  inline static int assignments = 0;
};
struct NoReducer {
  template <class Payload>
  void operator()(castore::Aggregate&, const Payload&) const {}
};
using NoteStore =
    castore::EventStore<castore::Events<Noted>, castore::Aggregate, NoReducer, castore::InMemoryEventStorageAdapter>;

struct NoteTexts {
  static constexpr std::string_view name = "note_texts";
  static constexpr int version = 1;
  void operator()(const Noted& event, const castore::EventInfo<Noted>& info) const {
    *texts += std::string{info.aggregate_id} + ' ' + std::to_string(info.version) + ' ' + event.text + ';';
  }
  std::string* texts;
};

struct Feed {
  FakeFeed storage;
  PokemonStore pokemons{"POKEMONS", storage};
  PokemonStore monsters{"MONSTERS", storage};

  /// Positions 1 to 4.
  void push_four() {
    pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
    monsters.push_event("mew", 1, PokemonAppeared{"Mew", 9});
    pokemons.push_event("pikachu", 2, PokemonLeveledUp{});
    pokemons.push_event("raichu", 1, PokemonAppeared{"Raichu", 7});
  }
};

/// Writes down what it is called with.
struct Notes {
  std::string text{};

  template <class Payload>
  void operator()(const EventDetail<Payload>& event, const EventPlace& place) {
    text += std::to_string(place.position) + ":" + place.id() + " ";
    if (event.aggregate_id != place.aggregate_id || event.version != place.version) text += "(wrong place) ";
    if (Payload::type != place.type || event.timestamp != place.timestamp) text += "(wrong type) ";
  }
};

std::exception_ptr storage_error(bool is_retryable, StorageError::Outcome outcome = StorageError::Outcome::not_done) {
  return std::make_exception_ptr(StorageError{"connection lost", is_retryable, outcome});
}

/// Writes down how long it was told to wait, and for what; whoever waits can be asked something.
struct PatientFeed : FakeFeed {
  bool wait_for_events(Position after, milliseconds at_most, const castore::detail::StopToken&) {
    waits.push_back({after, at_most});
    if (waiting) waiting();
    return false;
  }
  std::vector<std::pair<Position, milliseconds>> waits{};
  std::function<void()> waiting{};
};

/// Reads all events, and has no transactions.
struct OnlyReads : castore_tests::RecordStorage {
  castore::ReadAllEventsResult read_all_events(Position after, const castore::ReadAllEventsOptions& options,
                                               castore::SequencedEventSink sink) {
    return feed.read_all_events(after, options, sink);
  }
  FakeFeed feed;
};

/// Fails at an event until it is told not to.
struct FailsAt {
  Position position;
  int times = 1000;
  std::vector<Position> seen{};

  template <class Payload>
  void operator()(FakeTransaction& transaction, const EventDetail<Payload>&, const EventPlace& place) {
    seen.push_back(place.position);
    transaction.rows[std::to_string(place.position)] += "x";
    if (place.position == position && times-- > 0) throw std::runtime_error{"no room"};
  }
};

}  // namespace

TEST_CASE("what is kept in memory is looked at, and copied only for a handler that takes EventDetail") {
  castore::InMemoryEventStorageAdapter storage;
  NoteStore notes{"NOTES", storage};
  for (castore::Version version = 1; version <= 3; ++version) {
    notes.push_event("a", version, Noted{"a text too long for a short string " + std::to_string(version)});
  }
  Noted::copies = 0;
  Noted::assignments = 0;
  std::string texts;
  castore::AsyncProjection list{storage,
                                std::tie(notes),
                                NoteTexts{&texts},
                                {.checkpoints = std::make_shared<castore::InMemoryCheckpointStore>()}};
  CHECK(list.catch_up() == PollResult{3, 3, true});
  CHECK(texts ==
        "a 1 a text too long for a short string 1;a 2 a text too long for a short string 2;a 3 a text too long for a "
        "short string 3;");
  CHECK(Noted::copies == 0);
  CHECK(Noted::assignments == 0);

  std::string seen;
  Subscription audit{"audit", storage, std::tie(notes)};
  audit.catch_up([&](const EventDetail<Noted>& event, const EventPlace& place) {
    NoteTexts{&seen}(event.payload, {event.aggregate_id, event.version, event.timestamp, event.metadata});
    CHECK(place.version == event.version);
    CHECK(place.aggregate_id == "a");
    CHECK(place.type == "NOTED");
    CHECK(place.timestamp == event.timestamp);
  });
  CHECK(seen == texts);
  CHECK(Noted::copies == 1);
  CHECK(Noted::assignments == 2);  // into what is there
}

TEST_CASE("events in memory that were read stay while a handler pushes to their aggregate") {
  castore::InMemoryEventStorageAdapter storage;
  NoteStore notes{"NOTES", storage};
  const auto text_of = [](castore::Version version) { return "a text too long for it " + std::to_string(version); };
  for (castore::Version version = 1; version <= 4; ++version) notes.push_event("a", version, Noted{text_of(version)});
  std::vector<std::string> seen;
  Subscription audit{"audit", storage, std::tie(notes)};
  const auto see = [&](const EventDetail<Noted>& event) {
    seen.push_back(event.payload.text);
    if (event.version == 1) {  // what is full is replaced by something larger, and one is overwritten
      for (castore::Version version = 5; version <= 9; ++version) {
        notes.push_event("a", version, Noted{text_of(version)});
      }
      notes.push_event("a", 2, Noted{"another text"}, {.force = true});
    }
  };
  CHECK(audit.poll(see).events == 4);
  CHECK(seen == std::vector{text_of(1), text_of(2), text_of(3), text_of(4)});
  CHECK(audit.poll(see).events == 5);
  CHECK(seen.back() == text_of(9));
}

TEST_CASE("a subscription hands out the events of its stores in their order, once, and says how far it came") {
  Feed feed;
  feed.push_four();
  Subscription audit{"audit", feed.storage, std::tie(feed.pokemons, feed.monsters),
                     castore::SubscriptionOptions{.batch_size = 3}};
  Notes notes;
  CHECK(audit.poll(notes) == PollResult{3, 3, false});
  CHECK(notes.text == "1:POKEMONS#pikachu#1 2:MONSTERS#mew#1 3:POKEMONS#pikachu#2 ");
  CHECK(audit.lag() == 1);
  CHECK(audit.catch_up(notes) == PollResult{1, 4, true});
  CHECK(audit.position() == 4);
  CHECK(audit.lag() == 0);
  CHECK(audit.catch_up(notes) == PollResult{0, 4, true});

  Notes again;
  Subscription same{"audit", feed.storage, std::tie(feed.pokemons, feed.monsters)};
  CHECK(same.catch_up(again) == PollResult{0, 4, true});
  Subscription other{"audit", feed.storage, std::tie(feed.monsters), {.version = 2}};
  CHECK(other.catch_up(again) == PollResult{1, 4, true});
  CHECK(again.text == "2:MONSTERS#mew#1 ");
}

TEST_CASE("a handler sees only the events that it names, and the checkpoint moves over the others") {
  Feed feed;
  feed.push_four();
  int levels = 0;
  Subscription levels_of{"levels", feed.storage, std::tie(feed.pokemons)};
  CHECK(levels_of.catch_up([&](const EventDetail<PokemonLeveledUp>&) { ++levels; }) == PollResult{1, 4, true});
  CHECK(levels == 1);
  // They are not even read: a look at one event finds one that it names.
  Subscription one{"one", feed.storage, std::tie(feed.pokemons), {.batch_size = 1}};
  CHECK(one.poll([](const EventDetail<PokemonLeveledUp>&) {}) == PollResult{1, 3, false});

  // What is not named is not decoded either.
  const castore::PushRecord damaged{"POKEMONS", {"x", 1, "POKEMON_APPEARED", castore_tests::at(1), "{}", ""}};
  REQUIRE(feed.storage.push_events({&damaged, 1}, {}).status == castore::PushOutcome::pushed);
  CHECK(levels_of.catch_up([&](const EventDetail<PokemonLeveledUp>&) { ++levels; }) == PollResult{0, 5, true});

  const std::size_t commits = feed.storage.commits();
  CHECK(levels_of.catch_up([&](const EventDetail<PokemonLeveledUp>&) { ++levels; }) == PollResult{0, 5, true});
  CHECK(feed.storage.commits() == commits);
}

TEST_CASE("events that are kept as objects are handed out without JSON") {
  castore::InMemoryEventStorageAdapter memory;
  PokemonStore pokemons{"POKEMONS", memory};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  pokemons.push_event("pikachu", 2, PokemonCaught{2}, {.metadata = {"ash"}});
  Subscription audit{"audit", memory, std::tie(pokemons),
                     castore::SubscriptionOptions{.checkpoints = std::make_shared<castore::InMemoryCheckpointStore>()}};
  std::string seen;
  CHECK(audit.catch_up([&](const EventDetail<PokemonCaught>& event) { seen += event.metadata.trainer; }) ==
        PollResult{1, 2, true});
  CHECK(seen == "ash");

  // Another program's types: they are read as records.
  OldStore old{"POKEMONS", memory};
  Subscription of_old{
      "old", memory, std::tie(old), {.checkpoints = std::make_shared<castore::InMemoryCheckpointStore>()}};
  Notes notes;
  const auto error = error_of<castore::SubscriptionStoppedError>([&] { of_old.catch_up(notes); });
  CHECK(notes.text == "1:POKEMONS#pikachu#1 ");
  CHECK(error.position() == 2);
  CHECK(error.type() == "POKEMON_CAUGHT");
}

TEST_CASE("events that are kept as objects are each one of its own store's") {
  castore::InMemoryEventStorageAdapter memory;
  PokemonStore here{"HERE", memory};
  PokemonStore there{"THERE", memory};
  here.push_event("a", 1, PokemonAppeared{"Pikachu", 5});
  there.push_event("a", 1, PokemonAppeared{"Raichu", 5});
  Subscription follows{
      "follows", memory, std::tie(there, here),
      castore::SubscriptionOptions{.checkpoints = std::make_shared<castore::InMemoryCheckpointStore>()}};
  std::string seen;
  CHECK(follows.catch_up([&](const EventDetail<PokemonAppeared>& event, const EventPlace& place) {
    seen += place.id() + " " + event.payload.name + ", ";
  }) == PollResult{2, 2, true});
  CHECK(seen == "HERE#a#1 Pikachu, THERE#a#1 Raichu, ");
}

TEST_CASE("an event that cannot be decoded, or has an unknown type, stops with position, type and remedy") {
  Feed feed;
  feed.push_four();
  const castore::PushRecord records[] = {{"POKEMONS", {"x", 1, "POKEMON_APPEARED", castore_tests::at(1), "{}", ""}},
                                         {"POKEMONS", {"x", 2, "POKEMON_SANG", castore_tests::at(1), "{}", ""}}};
  REQUIRE(feed.storage.push_events(records, {}).status == castore::PushOutcome::pushed);

  Subscription audit{"audit", feed.storage, std::tie(feed.pokemons)};
  Notes notes;
  const auto damaged = error_of<castore::SubscriptionStoppedError>([&] { audit.catch_up(notes); });
  CHECK(damaged.position() == 5);
  CHECK(damaged.type() == "POKEMON_APPEARED");
  CHECK(damaged.aggregate_id() == "x");
  CHECK(damaged.event_version() == 1);
  CHECK(damaged.attempts() == 1);
  CHECK(damaged.name() == "audit");
  CHECK(castore_tests::cause_of<castore::EventDecodeError>([&] { audit.catch_up(notes); }).version() == 1);
  CHECK(audit.position() == 4);
  CHECK(notes.text == "1:POKEMONS#pikachu#1 3:POKEMONS#pikachu#2 4:POKEMONS#raichu#1 ");

  Subscription after{"after", feed.storage, std::tie(feed.pokemons), {.start = 5}};
  CHECK(castore_tests::cause_of<castore::UnknownEventTypeError>([&] { after.catch_up(notes); }).type() ==
        "POKEMON_SANG");
  const auto unknown = error_of<castore::SubscriptionStoppedError>([&] { after.catch_up(notes); });
  CHECK(unknown.position() == 6);
  CHECK(std::string_view{unknown.what()}.ends_with(
      "add its payload type to them; mend that and run again, or let on_error answer Skip{}"));
}

TEST_CASE("what a handler writes in the transaction, and the checkpoint, are written together") {
  Feed feed;
  feed.push_four();
  Subscription list{"list", feed.storage, std::tie(feed.pokemons, feed.monsters)};
  FailsAt handler{3};
  const auto error = error_of<castore::SubscriptionStoppedError>([&] { list.catch_up(handler); });
  CHECK(error.position() == 3);
  CHECK(castore_tests::cause_of<std::runtime_error>([&] { list.catch_up(handler); }).what() ==
        std::string_view{"no room"});
  CHECK(list.position() == 2);
  const std::map<std::string, std::string> two{{"1", "x"}, {"2", "x"}};
  CHECK(feed.storage.state().rows == two);

  handler.times = 0;
  CHECK(list.catch_up(handler) == PollResult{2, 4, true});
  const std::map<std::string, std::string> four{{"1", "x"}, {"2", "x"}, {"3", "x"}, {"4", "x"}};
  CHECK(feed.storage.state().rows == four);
}

TEST_CASE("a batch that fails is handled one by one, and where none of its events fails then, that is all") {
  Feed feed;
  feed.push_four();
  feed.monsters.push_event("mew", 2, PokemonLeveledUp{});  // position 5, of another store
  std::size_t asked = 0;
  Subscription list{"list", feed.storage, std::tie(feed.pokemons),
                    castore::SubscriptionOptions{.on_error = [&](const std::exception_ptr&, const EventPlace&, int) {
                      ++asked;
                      return castore::Stop{};
                    }}};
  FailsAt once{3, 1};
  CHECK(list.poll(once) == PollResult{3, 5, true});
  CHECK(list.position() == 5);
  CHECK(once.seen == std::vector<Position>{1, 3, 1, 3, 4});
  CHECK(asked == 0);

  // One event is not handled twice to find out which one failed.
  feed.pokemons.push_event("pikachu", 3, PokemonLeveledUp{});
  FailsAt alone{6};
  error_of<castore::SubscriptionStoppedError>([&] { list.poll(alone); });
  CHECK(alone.seen == std::vector<Position>{6});
  CHECK(asked == 1);

  // An error of the storage that comes meanwhile is not the event's.
  feed.pokemons.push_event("pikachu", 4, PokemonLeveledUp{});
  const auto fails_meanwhile = [&](FakeTransaction&, const EventDetail<PokemonLeveledUp>&) {
    feed.storage.fail(StorageOperation::transact, storage_error(true));
    throw std::runtime_error{"no room"};
  };
  CHECK(error_of<StorageError>([&] { list.poll(fails_meanwhile); }).retryable());
  CHECK(asked == 1);
  CHECK(list.poll(FailsAt{0}) == PollResult{2, 7, true});
}

TEST_CASE("an error of the storage that a handler meets leaves a poll, and what was handled before stays handled") {
  Feed feed;
  feed.push_four();
  Subscription list{"list", feed.storage, std::tie(feed.pokemons),
                    castore::SubscriptionOptions{.on_error = [](const std::exception_ptr&, const EventPlace&, int) {
                      FAIL("nobody is asked");
                      return castore::Stop{};
                    }}};
  std::vector<Position> handled;
  const auto handler = [&](const auto&, const EventPlace& place) {
    handled.push_back(place.position);
    if (handled.size() == 2) std::rethrow_exception(storage_error(true));
  };
  CHECK(error_of<StorageError>([&] { list.poll(handler); }).retryable());
  CHECK(list.position() == 1);
  CHECK(list.poll(handler) == PollResult{2, 4, true});
  CHECK(handled == std::vector<Position>{1, 3, 3, 4});
}

TEST_CASE("attempts are counted for each event, and what was left out stays so after a stop") {
  Feed feed;
  feed.push_four();
  std::stop_source stop;
  std::vector<std::string> asked;
  Subscription list{"list", feed.storage, std::tie(feed.pokemons),
                    castore::SubscriptionOptions{.on_error = [&](const std::exception_ptr&, const EventPlace& place,
                                                                 int attempt) -> castore::ErrorAnswer {
                      asked.push_back(std::to_string(place.position) + "." + std::to_string(attempt));
                      if (place.position == 3) return castore::Skip{};
                      if (place.position == 4) stop.request_stop();
                      return castore::Retry{};
                    }}};
  const auto fails = [&](FakeTransaction&, const auto&, const EventPlace& place) {
    if (place.position > 1) throw std::runtime_error{"no room"};
  };
  list.run(fails, stop.get_token());
  CHECK(asked == std::vector<std::string>{"3.1", "4.1"});
  CHECK(list.poll([](FakeTransaction&, const auto&) {}) == PollResult{1, 4, true});

  asked.clear();
  feed.pokemons.push_events("eevee", 0, PokemonAppeared{"Eevee", 1}, PokemonLeveledUp{});  // 5 and 6
  std::vector<Position> failed;
  const auto each_fails_twice = [&](const auto&, const EventPlace& place) {
    if (std::count(failed.begin(), failed.end(), place.position) == 2) return;
    failed.push_back(place.position);
    throw std::runtime_error{"no room"};
  };
  CHECK(list.poll(each_fails_twice) == PollResult{2, 6, true});
  CHECK(asked == std::vector<std::string>{"5.1", "5.2", "6.1", "6.2"});
}

TEST_CASE("a dead letter whose event nobody handles any more is forgotten, and an error of the storage keeps it") {
  Feed feed;
  feed.push_four();
  Subscription list{"list", feed.storage, std::tie(feed.pokemons),
                    castore::SubscriptionOptions{
                        .on_error = [](const std::exception_ptr&, const EventPlace&, int) { return castore::Skip{}; }}};
  CHECK(list.poll(FailsAt{1}) == PollResult{3, 4, true});
  REQUIRE(list.dead_letters().size() == 1);
  feed.storage.fail(StorageOperation::transact, storage_error(true), 1);
  CHECK(error_of<StorageError>([&] { list.retry_dead_letters(FailsAt{0}); }).retryable());
  bool may_pass = true;
  const auto fails_at_the_end = [&](FakeTransaction&, const EventDetail<PokemonAppeared>&) {
    feed.storage.fail_commit(storage_error(may_pass), false);
  };
  CHECK(error_of<StorageError>([&] { list.retry_dead_letters(fails_at_the_end); }).retryable());
  CHECK(list.dead_letters().at(0).attempts == 1);
  may_pass = false;  // as a database does that tells of the event's error when it commits
  CHECK(list.retry_dead_letters(fails_at_the_end) == 1);
  CHECK(list.dead_letters().at(0).attempts == 2);
  const auto handles_others = [](FakeTransaction&, const EventDetail<PokemonLeveledUp>&) { FAIL("another event"); };
  CHECK(list.retry_dead_letters(handles_others) == 0);
  CHECK(list.dead_letters().empty());
}

TEST_CASE("checkpoints and dead letters in memory are as those of a storage") {
  castore::InMemoryCheckpointStore store;
  CHECK_FALSE(store.move_checkpoint("list", 1, 2, 3));
  CHECK(store.checkpoint("list", 1) == 0);
  CHECK(store.move_checkpoint("list", 1, 0, 3));
  CHECK_FALSE(store.move_checkpoint("list", 1, 0, 4));
  CHECK(store.checkpoint("list", 1) == 3);
  CHECK(store.checkpoint("list", 2) == 0);
  CHECK(store.dead_letters("list", 1).empty());
  store.add_dead_letter("list", 1, {.position = 7, .error = "late", .attempts = 1, .at = {}});
  store.add_dead_letter("list", 1, {.position = 5, .error = "first", .attempts = 1, .at = {}});
  store.add_dead_letter("list", 1, {.position = 5, .error = "again", .attempts = 2, .at = {}});
  const auto letters = store.dead_letters("list", 1);
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].error == "again");
  CHECK(letters[1].position == 7);
  CHECK(store.drop_dead_letter("list", 1, 5));
  CHECK_FALSE(store.drop_dead_letter("list", 1, 5));
  CHECK_FALSE(store.drop_dead_letter("list", 2, 7));
  CHECK(store.dead_letters("list", 1).size() == 1);
}

TEST_CASE("on_error answers that an event is tried again, left out, or the end") {
  const bool in_transaction = GENERATE(true, false);
  Feed feed;
  feed.push_four();
  std::vector<std::string> asked;
  castore::ErrorAnswer answer = castore::Retry{};
  Subscription list{
      "list", feed.storage, std::tie(feed.pokemons, feed.monsters),
      castore::SubscriptionOptions{.on_error = [&](const std::exception_ptr&, const EventPlace& place, int attempt) {
        asked.push_back(place.id() + " " + std::to_string(attempt));
        if (attempt == 3) answer = castore::Skip{};
        return answer;
      }}};
  std::vector<Position> handled;
  const auto look = [&](Position fails_at) {
    if (in_transaction) {
      list.catch_up(FailsAt{fails_at});
      return;
    }
    list.catch_up([&](const auto&, const EventPlace& place) {
      if (place.position == fails_at) throw std::runtime_error{"no room"};
      handled.push_back(place.position);
    });
  };

  look(2);
  CHECK(asked == std::vector<std::string>{"MONSTERS#mew#1 1", "MONSTERS#mew#1 2", "MONSTERS#mew#1 3"});
  CHECK(list.position() == 4);
  if (in_transaction) {
    const std::map<std::string, std::string> rows{{"1", "x"}, {"3", "x"}, {"4", "x"}};
    CHECK(feed.storage.state().rows == rows);
  } else {
    CHECK(handled == std::vector<Position>{1, 3, 4});
  }
  std::vector<castore::EventDeadLetter> letters = list.dead_letters();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].position == 2);
  CHECK(letters[0].error == "no room");
  CHECK(letters[0].attempts == 3);

  CHECK(list.retry_dead_letters(FailsAt{2}) == 1);
  letters = list.dead_letters();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].attempts == 4);
  CHECK(list.retry_dead_letters(FailsAt{0}) == 0);
  CHECK(list.dead_letters().empty());
  CHECK(feed.storage.state().rows.at("2") == "x");

  feed.monsters.push_event("mew", 2, PokemonLeveledUp{});
  feed.monsters.push_event("mew", 3, PokemonLeveledUp{});
  answer = castore::Skip{};
  look(6);
  REQUIRE(list.dead_letters().size() == 1);
  CHECK(list.drop_dead_letter(6));
  CHECK_FALSE(list.drop_dead_letter(6));
  answer = castore::Stop{};
  feed.monsters.push_event("mew", 4, PokemonLeveledUp{});
  CHECK(error_of<castore::SubscriptionStoppedError>([&] { look(7); }).attempts() == 1);
  CHECK(list.position() == 6);
}

TEST_CASE("a checkpoint that another runner moved fails the slower one, which leaves no trace") {
  Feed feed;
  feed.push_four();
  Subscription list{"list", feed.storage, std::tie(feed.pokemons)};
  Subscription same{"list", feed.storage, std::tie(feed.pokemons)};
  const auto write = [](const char* who) {
    return [who](FakeTransaction& transaction, const EventDetail<PokemonAppeared>& event) {
      transaction.rows[event.payload.name] += who;
    };
  };
  CHECK(list.poll(write("a")) == PollResult{2, 4, true});
  feed.pokemons.push_event("eevee", 1, PokemonAppeared{"Eevee", 2});
  CHECK(same.poll(write("b")) == PollResult{1, 5, true});
  feed.pokemons.push_event("muk", 1, PokemonAppeared{"Muk", 3});
  const auto error = error_of<castore::ProjectionTakenOverError>([&] { list.poll(write("a")); });
  CHECK(error.name() == "list");
  CHECK(error.version() == 1);
  CHECK(error.position() == 4);
  CHECK(same.poll(write("b")) == PollResult{1, 6, true});
  const std::map<std::string, std::string> rows{{"Eevee", "b"}, {"Muk", "b"}, {"Pikachu", "a"}, {"Raichu", "a"}};
  CHECK(feed.storage.state().rows == rows);

  // A handler of its own effects may have been called, but the checkpoint stays right.
  feed.pokemons.push_event("abra", 1, PokemonAppeared{"Abra", 3});
  list.catch_up([](const auto&) {});
  feed.pokemons.push_event("abra", 2, PokemonLeveledUp{});
  CHECK(error_of<castore::ProjectionTakenOverError>([&] { same.poll([](const auto&) {}); }).position() == 6);
  CHECK(list.poll([](const auto&) {}) == PollResult{1, 8, true});
}

TEST_CASE("a storage that went back is reported, and nothing is read") {
  Feed feed;
  feed.push_four();
  Subscription audit{"audit", feed.storage, std::tie(feed.pokemons)};
  audit.catch_up([](const auto&) {});
  feed.storage.go_back_to(2);
  const auto error = error_of<castore::FeedWentBackError>([&] { audit.poll([](const auto&) { FAIL("read"); }); });
  CHECK(error.position() == 4);
  CHECK(error.head() == 2);
}

TEST_CASE("events that are held back are handed out when they are released, and nothing is passed by") {
  Feed feed;
  feed.push_four();
  feed.storage.hold_back(3);
  Subscription audit{"audit", feed.storage, std::tie(feed.pokemons)};
  Notes notes;
  CHECK(audit.catch_up(notes) == PollResult{1, 2, true});
  CHECK(audit.lag() == 2);
  feed.storage.release();
  CHECK(audit.catch_up(notes) == PollResult{2, 4, true});
  CHECK(notes.text == "1:POKEMONS#pikachu#1 3:POKEMONS#pikachu#2 4:POKEMONS#raichu#1 ");
}

TEST_CASE("a subscription starts at the beginning, at the end, at a position or where its predecessor is") {
  Feed feed;
  const auto started = [&](const char* name, SubscriptionStart start, int version = 1) {
    Subscription subscription{name, feed.storage, std::tie(feed.pokemons), {.start = start, .version = version}};
    return subscription.catch_up([](const auto&) {});
  };
  CHECK(started("empty", SubscriptionStart::end()) == PollResult{0, 0, true});
  feed.push_four();
  CHECK(started("empty", SubscriptionStart::end()) == PollResult{3, 4, true});
  CHECK(started("end", SubscriptionStart::end()) == PollResult{0, 4, true});
  CHECK(started("third", 2) == PollResult{2, 4, true});
  CHECK(started("third", SubscriptionStart::after_version(1), 2) == PollResult{0, 4, true});
  CHECK(started("beginning", SubscriptionStart::beginning()) == PollResult{3, 4, true});
  feed.storage.hold_back(3);
  CHECK(started("settled", SubscriptionStart::end()) == PollResult{0, 2, true});
  feed.storage.release();
  Subscription goes_on{"goes_on", feed.storage, std::tie(feed.pokemons), {.start = SubscriptionStart::end()}};
  CHECK(goes_on.catch_up([](const auto&) {}) == PollResult{0, 4, true});
  CHECK(goes_on.position() == 4);
  feed.pokemons.push_event("pikachu", 3, PokemonLeveledUp{});
  CHECK(goes_on.catch_up([](const auto&) {}) == PollResult{1, 5, true});
}

TEST_CASE("partitions see each event once together, and all of an aggregate in one of them") {
  Feed feed;
  for (int aggregate = 0; aggregate < 20; ++aggregate) {
    feed.pokemons.push_events("p" + std::to_string(aggregate), 0, PokemonAppeared{"P", 1}, PokemonLeveledUp{});
  }
  std::map<std::string, std::vector<std::size_t>> seen;
  const auto parts_of_all = GENERATE(std::size_t{2}, std::size_t{3});
  for (std::size_t index = 0; index < parts_of_all; ++index) {
    Subscription part{
        "part", feed.storage, std::tie(feed.pokemons), {.batch_size = 7, .partition = {index, parts_of_all}}};
    std::size_t count = 0;
    const PollResult result = part.catch_up([&](const auto& event) {
      seen[event.aggregate_id].push_back(index);
      ++count;
    });
    CHECK(result == PollResult{count, 40, true});
    CHECK(count > 0);
  }
  CHECK(seen.size() == 20);
  for (const auto& [aggregate_id, parts] : seen) CHECK(parts == std::vector<std::size_t>(2, parts[0]));
}

TEST_CASE("the partition of an aggregate is the same in every version of the library, as checkpoints depend on it") {
  // FNV-1a of the ids with a NUL between them, folded.
  STATIC_REQUIRE(castore::detail::hash_of_aggregate("POKEMONS", "pikachu") == 0xFDEC5A2735BAA0BFU);
  STATIC_REQUIRE(castore::detail::hash_of_aggregate("POKEMON", "Spikachu") == 0xA251F93677F511ACU);
  STATIC_REQUIRE(castore::detail::hash_of_aggregate("", "\xff") == 0x0831C907BCDBE267U);
}

TEST_CASE("run waits out errors of the storage that may pass, and throws others") {
  Feed feed;
  feed.push_four();
  feed.storage.fail(StorageOperation::transact, storage_error(true));
  feed.storage.fail(StorageOperation::read_all_events, storage_error(true), 2);
  feed.storage.fail(StorageOperation::wait_for_events, storage_error(true));
  feed.storage.fail_commit(storage_error(true, StorageError::Outcome::unknown), true);
  Subscription list{"list", feed.storage, std::tie(feed.pokemons)};
  std::exception_ptr thrown;
  std::jthread runner{[&](const std::stop_token& stop) {
    try {
      list.run(FailsAt{0}, stop);
    } catch (...) {
      thrown = std::current_exception();
    }
  }};
  CHECK(list.wait_until(4, std::chrono::seconds{10}));
  CHECK(list.wait_until_caught_up(std::chrono::seconds{10}));
  const auto pushed = feed.pokemons.push_event("pikachu", 3, PokemonLeveledUp{});
  CHECK(list.wait_until(pushed.position.value(), std::chrono::seconds{10}));
  const std::map<std::string, std::string> rows{{"1", "x"}, {"3", "x"}, {"4", "x"}, {"5", "x"}};
  CHECK(feed.storage.state().rows == rows);
  CHECK_FALSE(list.wait_until(6, milliseconds{1}));

  feed.storage.fail(StorageOperation::read_all_events, storage_error(false));
  feed.pokemons.push_event("pikachu", 4, PokemonLeveledUp{});
  CHECK_FALSE(list.wait_until(6, std::chrono::seconds{10}));  // the run has ended, which ends the wait
  runner.join();
  REQUIRE(thrown);
  CHECK_FALSE(error_of<StorageError>([&] { std::rethrow_exception(thrown); }).retryable());
}

TEST_CASE("run waits twice as long after each error that may pass") {
  Feed feed;
  feed.push_four();
  feed.storage.fail(StorageOperation::read_all_events, storage_error(true), 3);
  Subscription list{"list", feed.storage, std::tie(feed.pokemons)};
  std::stop_source stop;
  const auto began = std::chrono::steady_clock::now();
  list.run([&](const auto&) { stop.request_stop(); }, stop.get_token());
  CHECK(std::chrono::steady_clock::now() - began >= milliseconds{10 + 20 + 40});
  CHECK(list.position() == 4);
}

TEST_CASE("run waits as long as it may for what comes, and shortly for what is held back") {
  PatientFeed storage;
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  Subscription{"list", storage, std::tie(pokemons)}.catch_up([](const auto&) {});
  storage.hold_back(4);
  Subscription list{"list", storage, std::tie(pokemons), {.max_wait = std::chrono::minutes{7}}};
  std::stop_source stop;
  std::vector<bool> is_known;
  storage.waiting = [&] {
    is_known.push_back(list.wait_until(2, milliseconds{0}));  // of an earlier runner, and yet known while this one runs
    if (storage.waits.size() == 1) pokemons.push_events("pikachu", 2, PokemonLeveledUp{}, PokemonLeveledUp{});
    if (storage.waits.size() == 2) stop.request_stop();
  };
  list.run([](const auto&) {}, stop.get_token());
  using Waits = std::vector<std::pair<Position, milliseconds>>;
  CHECK(storage.waits == Waits{{2, std::chrono::minutes{7}}, {4, milliseconds{25}}});
  CHECK(is_known == std::vector<bool>{true, true});
}

TEST_CASE("who waits for a position waits out errors of the storage that may pass, and is told others") {
  Feed feed;
  feed.push_four();
  Subscription list{"list", feed.storage, std::tie(feed.pokemons)};
  CHECK_FALSE(list.wait_until(1, milliseconds{0}));
  Subscription{"list", feed.storage, std::tie(feed.pokemons)}.catch_up([](const auto&) {});
  feed.storage.fail(StorageOperation::transact, storage_error(true), 2);
  CHECK(list.wait_until(4, std::chrono::seconds{10}));
  feed.storage.fail(StorageOperation::transact, storage_error(false));
  const auto wait = [&] { (void)list.wait_until(5, milliseconds{0}); };
  CHECK_FALSE(error_of<StorageError>(wait).retryable());
}

TEST_CASE("who waits for a position is told what another object has done, and is not kept after a stop") {
  Feed feed;
  feed.push_four();
  Subscription list{"list", feed.storage, std::tie(feed.pokemons)};
  CHECK_FALSE(list.wait_until(4, milliseconds{0}));
  Subscription other{"list", feed.storage, std::tie(feed.pokemons)};
  other.catch_up([](const auto&) {});
  CHECK(list.wait_until(4, milliseconds{0}));
  CHECK_FALSE(list.wait_until(5, milliseconds{0}));

  feed.storage.hold_back(5);
  feed.pokemons.push_event("pikachu", 3, PokemonLeveledUp{});
  std::jthread runner{[&](const std::stop_token& stop) { list.run([](const auto&) {}, stop); }};
  std::jthread stopper{[&] {
    std::this_thread::sleep_for(milliseconds{20});
    runner.request_stop();
  }};
  const auto began = std::chrono::steady_clock::now();
  CHECK_FALSE(list.wait_until(5, std::chrono::seconds{20}));
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{10});
}

TEST_CASE("a subscription refuses options that mean nothing, and storages that lack what it needs") {
  Feed feed;
  const auto make = [&](const char* name, castore::SubscriptionOptions options) {
    const Subscription subscription{name, feed.storage, std::tie(feed.pokemons), std::move(options)};
  };
  CHECK_THROWS_AS(make("", {}), std::invalid_argument);
  CHECK_THROWS_AS(make("a#b", {}), std::invalid_argument);
  CHECK_THROWS_AS(make("a", {.batch_size = 0}), std::invalid_argument);
  CHECK_THROWS_AS(make("a", {.max_wait = milliseconds{-1}}), std::invalid_argument);
  CHECK_THROWS_AS(make("a", {.partition = {2, 2}}), std::invalid_argument);
  CHECK_THROWS_AS(make("a", {.partition = {0, 0}}), std::invalid_argument);
  make("a", {.batch_size = 1, .max_wait = milliseconds{0}, .partition = {1, 2}});
  CHECK(castore::SubscriptionOptions{}.batch_size == 500);
  CHECK(castore::SubscriptionOptions{}.max_wait == milliseconds{1000});
  CHECK(castore::Retry{}.after == milliseconds{0});
  CHECK_THROWS_AS(make("a", {.version = 0}), std::invalid_argument);
  Subscription list{"a",
                    feed.storage,
                    std::tie(feed.pokemons),
                    {.checkpoints = std::make_shared<castore::InMemoryCheckpointStore>()}};
  CHECK_THROWS_AS(list.poll(FailsAt{0}), std::invalid_argument);

  castore_tests::RecordStorage records;
  castore::AnyEventStorageAdapter any{records};
  const auto subscribe = [&] { const Subscription subscription{"a", any, std::tie(feed.pokemons)}; };
  CHECK(error_of<castore::UnsupportedOperationError>(subscribe).operation() == "read_all_events");
  OnlyReads only_reads;
  castore::AnyEventStorageAdapter reads{only_reads};
  const auto checkpoints = std::make_shared<castore::InMemoryCheckpointStore>();
  CHECK(Subscription{"a", reads, std::tie(feed.pokemons), {.checkpoints = checkpoints}}.catch_up([](const auto&) {}) ==
        PollResult{0, 0, true});
  const auto subscribe_to_reads = [&] { const Subscription subscription{"a", reads, std::tie(feed.pokemons)}; };
  CHECK(error_of<castore::UnsupportedOperationError>(subscribe_to_reads).operation() == "transact");
  castore::AnyEventStorageAdapter handle{feed.storage};
  Subscription through_handle{"a", handle, std::tie(feed.pokemons)};
  feed.push_four();
  CHECK(through_handle.catch_up([](const auto&) {}) == PollResult{3, 4, true});
}
