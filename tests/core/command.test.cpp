// SPDX-License-Identifier: MIT
#include <castore/core/command.hpp>

#include <castore/castore.hpp>
#include <castore/testing/fault.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>
#include "core/pokemons.hpp"
#include "support/catch.hpp"
#include "support/records_only_adapter.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace command_tests {

using castore::Command;
using castore::CommandAttempt;
using castore::CommandOptions;
using castore::EventAlreadyExistsError;
using castore::Version;
using castore::testing::conflicts;
using castore::testing::fails_after;
using castore::testing::fails_before;
using castore::testing::FaultInjectingAdapter;
using castore::testing::follows;
using castore::testing::StorageOperation;

struct Started {
  static constexpr std::string_view type = "STARTED";
  int at = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Started, at)
};
struct Counted {
  static constexpr std::string_view type = "COUNTED";
  double by = 1;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Counted, by)
};
struct Stopped {
  static constexpr std::string_view type = "STOPPED";
};

using CounterEvents = castore::Events<Started, Counted, Stopped>;
struct Counter : castore::Aggregate {
  double count = 0;
  bool is_stopped = false;
};
struct CounterReducer {
  void operator()(Counter& counter, const Started& event) const { counter.count = event.at; }
  void operator()(Counter& counter, const Counted& event) const {
    if (counter.is_stopped) throw std::logic_error{"counted after stopped"};
    counter.count += event.by;
  }
  void operator()(Counter& counter, const Stopped&) const { counter.is_stopped = true; }
};
using Counters = castore::EventStore<CounterEvents, Counter, CounterReducer>;
using AnyEvent = std::variant<Started, Counted, Stopped>;

/// A store on a storage that can fail, and what a command may do with its conflicts.
struct Fixture {
  castore::InMemoryEventStorageAdapter real{};
  FaultInjectingAdapter<castore::InMemoryEventStorageAdapter> storage{real};
  Counters counters{"COUNTERS", storage};
  Counters others{"COUNTERS", real};  // somebody else's store
  std::vector<std::pair<int, int>> attempts{};

  CommandOptions options(int retries = 2) {
    return {.event_already_exists_retries = retries,
            .on_event_already_exists = [this](const EventAlreadyExistsError& error, CommandAttempt attempt) {
              CHECK(error.event_store_id() == "COUNTERS");
              attempts.emplace_back(attempt.attempt_number, attempt.retries_left);
            }};
  }
  /// Somebody else counts before each of the next pushes.
  void interfere(std::size_t times) {
    for (std::size_t time = 1; time <= times; ++time) {
      storage.inject(StorageOperation::push_events, follows([this] {
                       const Version last = others.get_existing_aggregate("a").version;
                       others.push_event("a", last + 1, Counted{100});
                     }),
                     time);
    }
  }
  std::vector<std::string> types(std::string_view id = "a") const {
    std::vector<std::string> all;
    for (const auto& event : others.get_events(id)) all.emplace_back(event.type());
    return all;
  }
  std::size_t pushes() const { return storage.calls(StorageOperation::push_events); }
};

using Types = std::vector<std::string>;
using Attempts = std::vector<std::pair<int, int>>;

/// The error that the function throws.
template <class Error, class Function>
Error error_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw std::logic_error{"FAIL returned"};
}

template <class Events>
Types types_of(const Events& events) {
  Types types;
  for (const auto& event : events) types.emplace_back(event.type());
  return types;
}

// --- what a decide function returns ----------------------------------------------------------------------------------

/// Runs a decide function on a counter with one event and compares what was pushed, in all the places it shows.
template <class Decide>
void expect_pushed(Decide decide, const Types& expected) {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  const Command command{"COUNT", fixture.counters, std::move(decide)};
  const auto result = command("a");
  CHECK(types_of(result.events) == expected);
  CHECK(fixture.pushes() == (expected.empty() ? 0 : 1));
  Types all{"STARTED"};
  all.insert(all.end(), expected.begin(), expected.end());
  CHECK(fixture.types() == all);
  Version version = 1;
  for (const auto& event : result.events) {
    CHECK(event.version() == ++version);
    CHECK(event.aggregate_id() == "a");
    CHECK(event.timestamp() == result.events.front().timestamp());
  }
  const Counter loaded = fixture.others.get_existing_aggregate("a");
  CHECK(result.aggregate.aggregate_id == "a");
  CHECK(result.aggregate.version == version);
  CHECK(result.aggregate.count == loaded.count);
  CHECK(result.aggregate.is_stopped == loaded.is_stopped);
}

TEST_CASE("a decide command pushes the payload it returns") {
  expect_pushed([](const Counter&) { return Counted{}; }, {"COUNTED"});
  expect_pushed([event = Counted{}](const Counter&) -> const Counted& { return event; }, {"COUNTED"});
  expect_pushed([](const Counter&) -> const Counted { return {}; }, {"COUNTED"});
}

TEST_CASE("a decide command pushes several payloads in their order") {
  expect_pushed([](const Counter&) { return std::tuple{Counted{}, Stopped{}}; }, {"COUNTED", "STOPPED"});
  expect_pushed([](const Counter&) { return std::vector<Counted>(3); }, {"COUNTED", "COUNTED", "COUNTED"});
  expect_pushed([](const Counter&) { return std::vector<AnyEvent>{Counted{}, Started{1}, Stopped{}}; },
                {"COUNTED", "STARTED", "STOPPED"});
}

TEST_CASE("a decide command pushes the alternative of a variant, also of one with fewer events than the store has") {
  expect_pushed([](const Counter&) { return AnyEvent{Stopped{}}; }, {"STOPPED"});
  expect_pushed([](const Counter&) { return std::variant<Stopped, Counted>{Counted{}}; }, {"COUNTED"});
  expect_pushed([](const Counter&) { return std::variant<std::monostate, Counted>{Counted{}}; }, {"COUNTED"});
}

TEST_CASE("a decide command pushes what an optional holds, and forms may be nested") {
  expect_pushed([](const Counter&) { return std::optional{Counted{}}; }, {"COUNTED"});
  expect_pushed([](const Counter&) { return std::optional{std::tuple{Counted{}, Stopped{}}}; }, {"COUNTED", "STOPPED"});
  expect_pushed(
      [](const Counter&) {
        return std::tuple{std::optional<Started>{}, std::vector<Counted>(2), AnyEvent{Started{2}},
                          std::optional<Stopped>{Stopped{}}};
      },
      {"COUNTED", "COUNTED", "STARTED", "STOPPED"});
}

TEST_CASE("a decide command that decides nothing writes nothing") {
  expect_pushed([](const Counter&) {}, {});
  expect_pushed([](const Counter&) { return std::optional<Counted>{}; }, {});
  expect_pushed([](const Counter&) { return std::vector<AnyEvent>{}; }, {});
  expect_pushed([](const Counter&) { return std::monostate{}; }, {});
  expect_pushed([](const Counter&) { return std::variant<std::monostate, Counted>{}; }, {});
  expect_pushed([](const Counter&) { return std::tuple<>{}; }, {});
  expect_pushed([](const Counter&) { return std::tuple{std::optional<Counted>{}, std::vector<Stopped>{}}; }, {});
}

/// Events that cannot be copied, for a storage of records.
struct Moved {
  static constexpr std::string_view type = "MOVED";
  std::unique_ptr<int> to;
};
struct Place : castore::Aggregate {
  int at = 0;
};
struct PlaceReducer {
  void operator()(Place& place, const Moved& event) const { place.at = *event.to; }
};

}  // namespace command_tests

template <>
struct castore::codec<command_tests::Moved> {
  static std::string encode(const command_tests::Moved& event) { return std::to_string(*event.to); }
  static command_tests::Moved decode(std::string_view json) {
    return {std::make_unique<int>(std::stoi(std::string{json}))};
  }
};

namespace command_tests {

TEST_CASE("a decide command pushes payloads that cannot be copied") {
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<Moved>, Place, PlaceReducer> places{"PLACES", storage};
  const Command one{"MOVE", places, [](const std::optional<Place>&, int to) { return Moved{std::make_unique<int>(to)}; }};
  CHECK(one("a", 3).aggregate.at == 3);
  const Command two{"MOVE", places, [](const Place&, int to) {
                      return std::tuple{Moved{std::make_unique<int>(0)}, Moved{std::make_unique<int>(to)}};
                    }};
  const auto result = two("a", 4);
  CHECK(result.aggregate.at == 4);
  REQUIRE(result.events.size() == 2);
  CHECK(*result.events[1].get_if<Moved>()->payload.to == 4);
  CHECK(places.get_existing_aggregate("a").at == 4);
}

// --- metadata --------------------------------------------------------------------------------------------------------

TEST_CASE("a decide function gives metadata to one event, to some of several, in vectors, variants and optionals") {
  using castore::with_metadata;
  using castore_tests::PokemonAppeared;
  using castore_tests::PokemonCaught;
  using castore_tests::PokemonHealed;
  using castore_tests::PokemonStore;
  using State = std::optional<castore_tests::Pokemon>;
  castore::InMemoryEventStorageAdapter objects;
  RecordsOnlyAdapter records;
  const bool keeps_objects = GENERATE(true, false);
  PokemonStore pokemons = keeps_objects ? PokemonStore{"POKEMONS", objects} : PokemonStore{"POKEMONS", records};

  const Command one{"ONE", pokemons, [](const State&, const std::string& trainer) {
                      return with_metadata(PokemonCaught{2}, {.trainer = trainer});
                    }};
  const auto caught = one("pikachu", std::string{"ash"});
  REQUIRE(caught.events.size() == 1);
  CHECK(caught.events[0].get_if<PokemonCaught>()->metadata.trainer == "ash");
  CHECK(caught.aggregate.trainer == "ash");

  using Event = std::variant<PokemonAppeared, castore::EventWithMetadata<PokemonCaught>>;
  const Command many{
      "MANY", pokemons, [](const castore_tests::Pokemon&) {
        return std::tuple{
            std::vector<Event>{PokemonAppeared{"Pikachu", 5}, with_metadata(PokemonCaught{}, {.trainer = "gary"})},
            std::optional{with_metadata(PokemonHealed{}, {{.name = "joy"}})}, PokemonHealed{}};
      }};
  CHECK(many("pikachu").aggregate.trainer == "gary");
  const auto stored = pokemons.get_events("pikachu");
  REQUIRE(stored.size() == 5);
  CHECK(stored[0].get_if<PokemonCaught>()->metadata.trainer == "ash");
  CHECK(stored[2].get_if<PokemonCaught>()->metadata.trainer == "gary");
  CHECK(stored[3].get_if<PokemonHealed>()->metadata->name == "joy");
  CHECK_FALSE(stored[4].get_if<PokemonHealed>()->metadata);
}

// --- the state -------------------------------------------------------------------------------------------------------

TEST_CASE("a decide function that takes an aggregate needs one that exists") {
  Fixture fixture;
  int calls = 0;
  const Command command{"COUNT", fixture.counters, [&calls](const Counter&) {
                          ++calls;
                          return Counted{};
                        }};
  const auto error = error_of<castore::AggregateNotFoundError>([&] { command("a"); });
  CHECK(error.event_store_id() == "COUNTERS");
  CHECK(error.aggregate_id() == "a");
  CHECK(calls == 0);
  CHECK(fixture.pushes() == 0);
}

TEST_CASE("a decide function that takes an optional gets nothing for a new aggregate, and begins it") {
  Fixture fixture;
  const Command command{
      "START", fixture.counters, [](const std::optional<Counter>& counter) {
        return counter ? std::vector<AnyEvent>{Counted{}} : std::vector<AnyEvent>{Started{5}, Counted{}};
      }};
  const auto first = command("a");
  REQUIRE(first.aggregate);
  CHECK(first.aggregate->version == 2);
  CHECK(first.aggregate->count == 6);
  CHECK(first.events.size() == 2);
  CHECK(command("a").aggregate->count == 7);
  CHECK(fixture.types() == Types{"STARTED", "COUNTED", "COUNTED"});
  const Command look{"LOOK", fixture.counters, [](const std::optional<Counter>&) {}};
  CHECK_FALSE(look("b").aggregate);
}

TEST_CASE("a command whose decision always yields an event returns the aggregate that it began") {
  Fixture fixture;
  const Command start{"START", fixture.counters, [](const std::optional<Counter>&, int at) { return Started{at}; },
                      fixture.options()};
  CHECK(start("a", 5).aggregate.count == 5);
  fixture.interfere(1);
  CHECK(start("a", 7).aggregate.count == 7);
  CHECK(fixture.attempts == Attempts{{1, 2}});
  const Command twice{"TWICE", fixture.counters, [](const std::optional<Counter>&) {
                        return std::tuple{std::optional<Stopped>{}, AnyEvent{Started{3}}, std::vector<Counted>(2)};
                      }};
  CHECK(twice("b").aggregate.version == 3);
  CHECK(twice("b").aggregate.count == 5);
}

TEST_CASE("a decide function may be generic, a free function, or a member of the aggregate") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  struct Free {
    static Counted count(const Counter& counter) { return {counter.count}; }
  };
  CHECK(Command{"COUNT", fixture.counters, &Free::count}("a").aggregate.count == 20);
  CHECK(Command{"COUNT", fixture.counters, Free::count}("a").aggregate.count == 40);
  const auto generic = [](const auto& counter, const auto& factor) { return Counted{counter.count * factor}; };
  CHECK(Command{"COUNT", fixture.counters, generic}("a", 2).aggregate.count == 120);
  const std::function<Counted(const castore::Aggregate&)> of_base = [](const castore::Aggregate& base) {
    return Counted{static_cast<double>(base.version)};
  };
  CHECK(Command{"COUNT", fixture.counters, of_base}("a").aggregate.count == 124);
}

// --- all or none -----------------------------------------------------------------------------------------------------

TEST_CASE("several payloads are written all or none") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  const Command command{"COUNT", fixture.counters, [](const Counter&) {
                          return std::tuple{Counted{1}, Counted{2}, Stopped{}};
                        }};
  fixture.storage.inject(StorageOperation::push_events, fails_before());
  CHECK(error_of<castore::StorageError>([&] { command("a"); }).retryable());
  CHECK(fixture.types() == Types{"STARTED"});
  fixture.interfere(1);
  CHECK(command("a").aggregate.version == 5);
  CHECK(fixture.types() == Types{"STARTED", "COUNTED", "COUNTED", "COUNTED", "STOPPED"});
}

TEST_CASE("nothing is written when one of several payloads has no JSON form") {
  RecordsOnlyAdapter storage;
  Counters counters{"COUNTERS", storage};
  counters.push_event("a", 1, Started{10});
  const Command command{"COUNT", counters, [](const Counter&) {
                          return std::tuple{Counted{1}, Counted{std::numeric_limits<double>::quiet_NaN()}};
                        }};
  const auto error = error_of<castore::EventEncodeError>([&] { command("a"); });
  CHECK(error.event_store_id() == "COUNTERS");
  CHECK(error.aggregate_id() == "a");
  CHECK(error.version() == 3);
  CHECK(error.type() == "COUNTED");
  CHECK(counters.get_events("a").size() == 1);
}

TEST_CASE("events that the reducer refuses are not written") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  const Command one{"COUNT", fixture.counters, [](const Counter&) { return Counted{1}; }};
  const Command two{"COUNT", fixture.counters, [](const Counter&) { return std::tuple{Stopped{}, Counted{1}}; }};
  CHECK(error_of<std::logic_error>([&] { two("a"); }).what() == std::string_view{"counted after stopped"});
  CHECK(fixture.types() == Types{"STARTED"});
  fixture.others.push_event("a", 2, Stopped{});
  CHECK(error_of<std::logic_error>([&] { one("a"); }).what() == std::string_view{"counted after stopped"});
  CHECK(fixture.types() == Types{"STARTED", "STOPPED"});
}

TEST_CASE("on_event_pushed sees the aggregate after each event of a decide command") {
  castore::InMemoryEventStorageAdapter storage;
  std::vector<double> counts;
  Counters counters{"COUNTERS", storage, {.on_event_pushed = [&counts](const Counters::PushedEvent& pushed) {
                      counts.push_back(pushed.next_aggregate ? pushed.next_aggregate->count : -1);
                    }}};
  counters.push_event("a", 1, Started{10});
  Command{"COUNT", counters, [](const Counter&) { return Counted{1}; }}("a");
  Command{"COUNT", counters, [](const Counter&) { return std::tuple{Counted{2}, Counted{3}}; }}("a");
  CHECK(counts == std::vector<double>{10, 11, 13, 16});
}

// --- conflicts and retries -------------------------------------------------------------------------------------------

/// Counts on from what it sees, and how often it was asked.
struct CountOn {
  std::vector<double>& seen;
  Counted operator()(const Counter& counter) const {
    seen.push_back(counter.count);
    return {};
  }
};

TEST_CASE("a retry decides again on fresh state") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  fixture.interfere(2);
  std::vector<double> seen;
  const Command command{"COUNT", fixture.counters, CountOn{seen}, fixture.options()};
  const auto result = command("a");
  CHECK(seen == std::vector<double>{10, 110, 210});
  CHECK(result.aggregate.count == 211);
  CHECK(result.aggregate.version == 4);
  REQUIRE(result.events.size() == 1);
  CHECK(result.events[0].version() == 4);
  CHECK(fixture.attempts == Attempts{{1, 2}, {2, 1}});
  CHECK(fixture.types() == Types{"STARTED", "COUNTED", "COUNTED", "COUNTED"});
}

TEST_CASE("a command tries as often as it is told, tells every conflict, and throws the last") {
  struct Case {
    int retries;
    Attempts attempts;
  };
  for (const Case& expected : {Case{0, {{1, 0}}}, Case{1, {{1, 1}, {2, 0}}}, Case{2, {{1, 2}, {2, 1}, {3, 0}}}}) {
    Fixture fixture;
    fixture.others.push_event("a", 1, Started{10});
    fixture.interfere(9);
    std::vector<double> seen;
    const Command command{"COUNT", fixture.counters, CountOn{seen}, fixture.options(expected.retries)};
    const auto error = error_of<EventAlreadyExistsError>([&] { command("a"); });
    const Version last = 1 + static_cast<Version>(expected.attempts.size());
    CHECK(error.event_store_id() == "COUNTERS");
    CHECK(error.aggregate_id() == "a");
    CHECK(error.version() == last);
    CHECK(fixture.attempts == expected.attempts);
    CHECK(seen.size() == expected.attempts.size());
    CHECK(fixture.others.get_existing_aggregate("a").version == last);
  }
}

TEST_CASE("a command that is told nothing tries again twice") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  std::vector<double> seen;
  const Command command{"COUNT", fixture.counters, CountOn{seen}};
  fixture.interfere(3);
  CHECK(error_of<EventAlreadyExistsError>([&] { command("a"); }).version() == 4);
  CHECK(seen.size() == 3);
  fixture.interfere(2);
  CHECK(command("a").aggregate.version == 7);
}

TEST_CASE("a conflict of several payloads is told with the first of them") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  fixture.interfere(1);
  const Command command{"COUNT",
                        fixture.counters,
                        [](const Counter&) { return std::vector<Counted>(3); },
                        {.event_already_exists_retries = 0}};
  const auto error = error_of<EventAlreadyExistsError>([&] { command("a"); });
  CHECK(error.event_store_id() == "COUNTERS");
  CHECK(error.aggregate_id() == "a");
  CHECK(error.version() == 2);
}

TEST_CASE("what on_event_already_exists throws ends the command") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  fixture.interfere(1);
  CommandOptions options;
  options.on_event_already_exists = [](const EventAlreadyExistsError&, CommandAttempt) {
    throw std::range_error{"enough"};
  };
  std::vector<double> seen;
  const Command decide{"COUNT", fixture.counters, CountOn{seen}, options};
  CHECK(error_of<std::range_error>([&] { decide("a"); }).what() == std::string_view{"enough"});
  CHECK(seen.size() == 1);
  int calls = 0;
  const Command handler{"COUNT", std::tie(fixture.counters),
                        [&calls](Counters&) {
                          ++calls;
                          throw EventAlreadyExistsError{"COUNTERS", "a", 2};
                        },
                        options};
  CHECK(error_of<std::range_error>([&] { handler(); }).what() == std::string_view{"enough"});
  CHECK(calls == 1);
}

TEST_CASE("a negative number of retries is refused") {
  Fixture fixture;
  const auto make = [&] { return Command{"COUNT", fixture.counters, [](const Counter&) {}, fixture.options(-1)}; };
  CHECK(error_of<std::invalid_argument>(make).what() ==
        std::string_view{"castore: event_already_exists_retries is negative; 0 means no retry"});
}

TEST_CASE("a back-off that cannot wait is refused") {
  Fixture fixture;
  const auto make = [&] {
    return Command{"COUNT", fixture.counters, [](const Counter&) {}, {.backoff = {.sleep = {}}}};
  };
  CHECK(error_of<std::invalid_argument>(make).what() ==
        std::string_view{"castore: backoff.sleep is empty; leave it out, or give a function that waits"});
}

// --- other errors ----------------------------------------------------------------------------------------------------

/// Counts how often it was copied.
struct Refused : std::domain_error {
  explicit Refused(int code_) : std::domain_error{"refused"}, code{code_} {}
  Refused(const Refused& other) : std::domain_error{other}, code{other.code}, copies{other.copies + 1} {}
  int code;
  int copies = 0;
};

TEST_CASE("what a decide function throws passes at once and unchanged") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  int calls = 0;
  const Refused* thrown = nullptr;
  const Command command{"COUNT", fixture.counters,
                        [&](const Counter&) -> Counted {
                          ++calls;
                          try {
                            throw Refused{42};
                          } catch (const Refused& error) {
                            thrown = &error;
                            throw;
                          }
                        },
                        fixture.options()};
  try {
    command("a");
    FAIL("nothing was thrown");
  } catch (const Refused& error) {
    CHECK(&error == thrown);
    CHECK(error.code == 42);
    CHECK(error.copies == 0);
  }
  CHECK(calls == 1);
  CHECK(fixture.attempts.empty());
  CHECK(fixture.pushes() == 0);
}

TEST_CASE("what is no std::exception passes, too") {
  Fixture fixture;
  int calls = 0;
  const auto fail = [&calls](auto&...) {
    ++calls;
    throw calls;
  };
  const Command decide{"COUNT", fixture.counters, [&](const std::optional<Counter>& state) { fail(state); }};
  const Command handler{"COUNT", std::tie(fixture.counters), fail};
  CHECK(error_of<int>([&] { decide("a"); }) == 1);
  CHECK(error_of<int>([&] { handler(); }) == 2);
}

TEST_CASE("no error but a conflict is retried") {
  Fixture fixture;
  int calls = 0;
  const auto run = [&](auto error) {
    calls = 0;
    const auto raise = [&](Counters&) {
      ++calls;
      throw error;
    };
    error_of<decltype(error)>([&] { Command{"COUNT", std::tie(fixture.counters), raise, fixture.options()}(); });
    return calls;
  };
  CHECK(run(castore::VersionGapError{"COUNTERS", "a", 3, 2}) == 1);
  CHECK(run(castore::AggregateNotFoundError{"COUNTERS", "a"}) == 1);
  CHECK(run(castore::StorageError{"busy", true}) == 1);
  CHECK(run(castore::InvalidEventError{"version", "0"}) == 1);
  CHECK(run(castore::OnEventPushedError{"COUNTERS", "a", 1}) == 1);
  CHECK(fixture.attempts.empty());
  CHECK(run(EventAlreadyExistsError{"COUNTERS", "a", 1}) == 3);
}

TEST_CASE("a fault before a push took effect leaves nothing, one after it leaves the events, neither is retried") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  std::vector<double> seen;
  const Command command{"COUNT", fixture.counters, CountOn{seen}, fixture.options()};
  fixture.storage.inject(StorageOperation::push_events, {fails_before(), fails_after()});
  CHECK(error_of<castore::StorageError>([&] { command("a"); }).retryable());
  CHECK(fixture.types() == Types{"STARTED"});
  CHECK(error_of<castore::StorageError>([&] { command("a"); }).retryable());
  CHECK(fixture.types() == Types{"STARTED", "COUNTED"});
  CHECK(seen == std::vector<double>{10, 10});
  CHECK(fixture.attempts.empty());
  CHECK(command("a").aggregate.count == 12);
  CHECK(fixture.types() == Types{"STARTED", "COUNTED", "COUNTED"});
}

TEST_CASE("a fault of a load passes, also in a retry") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  std::vector<double> seen;
  const Command command{"COUNT", fixture.counters, CountOn{seen}, fixture.options()};
  fixture.interfere(1);
  fixture.storage.inject(StorageOperation::get_events, fails_before(std::out_of_range{"gone"}), 2);
  CHECK(error_of<std::out_of_range>([&] { command("a"); }).what() == std::string_view{"gone"});
  CHECK(seen.size() == 1);
  CHECK(fixture.attempts == Attempts{{1, 2}});
}

TEST_CASE("a conflict that on_event_pushed meets is no reason to push again") {
  castore::InMemoryEventStorageAdapter storage;
  Counters log{"LOG", storage};
  log.push_event("log", 1, Started{});
  Counters counters{"COUNTERS", storage,
                    {.on_event_pushed = [&log](const auto&) { log.push_event("log", 1, Started{}); }}};
  int calls = 0;
  int conflicts_told = 0;
  CommandOptions options;
  options.on_event_already_exists = [&](const auto&, CommandAttempt) { ++conflicts_told; };
  const auto expect_hook_error = [&](const auto& run, Version version) {
    calls = 0;
    const auto error = error_of<castore::OnEventPushedError>(run);
    CHECK(error.event_store_id() == "COUNTERS");
    CHECK(error.aggregate_id() == "a");
    CHECK(error.version() == version);
    CHECK(calls == 1);
    CHECK(conflicts_told == 0);
    CHECK(counters.get_existing_aggregate("a").version == version);
  };
  const Command decide{"COUNT", counters,
                       [&calls](const std::optional<Counter>&) {
                         ++calls;
                         return Started{1};
                       },
                       options};
  expect_hook_error([&] { decide("a"); }, 1);
  const Command handler{"COUNT", std::tie(counters),
                        [&calls](Counters& store) {
                          ++calls;
                          store.push_event("a", 2, Counted{});
                        },
                        options};
  expect_hook_error([&] { handler(); }, 2);
  // Also where somebody wraps it once more.
  const Command wrapping{"COUNT", std::tie(counters),
                         [&calls](Counters& store) {
                           ++calls;
                           try {
                             store.push_event("a", 3, Counted{});
                           } catch (const castore::Error&) {
                             std::throw_with_nested(std::runtime_error{"wrapped"});
                           }
                         },
                         options};
  calls = 0;
  CHECK(error_of<std::runtime_error>([&] { wrapping(); }).what() == std::string_view{"wrapped"});
  CHECK(calls == 1);
  CHECK(conflicts_told == 0);
}

// --- input and context -----------------------------------------------------------------------------------------------

/// Can neither be copied nor moved.
struct Mailer {
  Mailer() = default;
  Mailer(const Mailer&) = delete;
  int mails = 0;
};

TEST_CASE("input and context may be move-only, and every attempt gets the same objects") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  fixture.interfere(1);
  Mailer mailer;
  std::vector<const void*> seen;
  const Command command{"COUNT", fixture.counters,
                        [&seen](const Counter&, const std::unique_ptr<double>& by, Mailer& context) {
                          seen.push_back(by.get());
                          ++context.mails;
                          return Counted{*by};
                        },
                        fixture.options()};
  CHECK(command("a", std::make_unique<double>(5), mailer).aggregate.count == 115);
  CHECK(mailer.mails == 2);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0] != nullptr);
  CHECK(seen[0] == seen[1]);

  seen.clear();
  const Command handler{"COUNT", std::tie(fixture.counters),
                        [&seen](const std::unique_ptr<double>& by, Counters& counters, Mailer& context) {
                          seen.push_back(by.get());
                          ++context.mails;
                          const Version last = counters.get_existing_aggregate("a").version;
                          return counters.push_event("a", last + 1, Counted{*by}).event.version;
                        },
                        fixture.options()};
  fixture.interfere(1);
  CHECK(handler(std::make_unique<double>(5), mailer) == 5);
  CHECK(mailer.mails == 4);
  CHECK(seen.size() == 2);
  CHECK(seen[0] == seen[1]);
}

TEST_CASE("a decide function and a handler may be move-only themselves") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  const Command decide{"COUNT", fixture.counters,
                       [by = std::make_unique<double>(5)](const Counter&) { return Counted{*by}; }};
  CHECK(decide("a").aggregate.count == 15);
  const Command handler{"COUNT", std::tie(fixture.counters),
                        [by = std::make_unique<double>(5)](Counters&) { return *by; }};
  CHECK(handler() == 5);
}

// --- handlers --------------------------------------------------------------------------------------------------------

TEST_CASE("a command has an id") {
  Fixture fixture;
  CHECK(Command{"COUNT", fixture.counters, [](const Counter&) {}}.id() == "COUNT");
  CHECK(Command{"COUNT", std::tie(fixture.counters), [](Counters&) {}}.id() == "COUNT");
}

TEST_CASE("a handler returns what it wants") {
  struct Fixed {
    explicit Fixed(int value_) : value{value_} {}
    Fixed(const Fixed&) = delete;
    int value;
  };
  Fixture fixture;
  const auto stores = std::tie(fixture.counters);
  int calls = 0;
  int kept = 3;
  const Command nothing{"C", stores, [&calls](Counters&) { ++calls; }};
  static_assert(std::is_void_v<decltype(nothing())>);
  nothing();
  CHECK(calls == 1);
  const Command reference{"C", stores, [&kept](Counters&) -> int& { return kept; }};
  static_assert(std::is_same_v<decltype(reference()), int&>);
  CHECK(&reference() == &kept);
  CHECK(*Command{"C", stores, [](Counters&) { return std::make_unique<int>(4); }}() == 4);
  CHECK(Command{"C", stores, [](Counters&) { return Fixed{5}; }}().value == 5);
  CHECK(&Command{"C", stores, [](Counters& store) -> Counters& { return store; }}() == &fixture.counters);
}

struct Transfer {
  std::string from;
  std::string to;
  double amount = 0;
};

/// Counts down here and up in another store.
void transfer(const Transfer& input, Counters& from_store, Counters& to_store) {
  const Counter from = from_store.get_existing_aggregate(input.from);
  const std::optional<Counter> to = to_store.get_aggregate(input.to);
  std::vector<castore::GroupedEvent> group{from_store.group_event(input.from, from.version + 1, Counted{-input.amount})};
  group.push_back(to ? to_store.group_event(input.to, to->version + 1, Counted{input.amount})
                     : static_cast<castore::GroupedEvent>(
                           to_store.group_event(input.to, 1, Started{static_cast<int>(input.amount)})));
  push_event_group(std::move(group));
}

TEST_CASE("a conflict of an event group is retried, and what the failed attempt staged is gone") {
  Fixture fixture;
  Counters targets{"TARGETS", fixture.storage};
  fixture.others.push_event("a", 1, Started{10});
  fixture.interfere(1);
  const Command command{"TRANSFER", std::tie(fixture.counters, targets), transfer, fixture.options()};
  command(Transfer{"a", "b", 4});
  CHECK(fixture.attempts == Attempts{{1, 2}});
  CHECK(fixture.pushes() == 2);
  CHECK(fixture.types() == Types{"STARTED", "COUNTED", "COUNTED"});
  CHECK(fixture.others.get_existing_aggregate("a").count == 106);
  CHECK(targets.get_events("b").size() == 1);
  CHECK(targets.get_existing_aggregate("b").count == 4);
}

TEST_CASE("the error of a group's last conflict names the event that was in the way") {
  Fixture fixture;
  Counters targets{"TARGETS", fixture.storage};
  fixture.others.push_event("a", 1, Started{10});
  targets.push_event("b", 1, Started{0});
  const Command command{"TRANSFER", std::tie(fixture.counters, targets), transfer, {.event_already_exists_retries = 0}};
  fixture.storage.inject(StorageOperation::push_events, conflicts(1));
  const auto error = error_of<EventAlreadyExistsError>([&] { command(Transfer{"a", "b", 4}); });
  CHECK(error.event_store_id() == "TARGETS");
  CHECK(error.aggregate_id() == "b");
  CHECK(error.version() == 2);
  CHECK(fixture.types() == Types{"STARTED"});
  CHECK(targets.get_events("b").size() == 1);
}

TEST_CASE("a handler that throws in the middle leaves nothing of its group") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  const Command command{"COUNT", std::tie(fixture.counters), [](Counters& counters) {
                          const auto staged = counters.group_event("a", 2, Counted{});
                          if (counters.get_existing_aggregate("a").count > 5) throw Refused{1};
                          push_event_group(staged);
                        }};
  CHECK(error_of<Refused>([&] { command(); }).code == 1);
  CHECK(fixture.types() == Types{"STARTED"});
  CHECK(fixture.pushes() == 0);
}

TEST_CASE("a handler meets faults before and after its group took effect, and is not run again") {
  Fixture fixture;
  Counters targets{"TARGETS", fixture.storage};
  fixture.others.push_event("a", 1, Started{10});
  const Command command{"TRANSFER", std::tie(fixture.counters, targets), transfer, fixture.options()};
  fixture.storage.inject(StorageOperation::push_events, {fails_before(), fails_after()});
  CHECK(error_of<castore::StorageError>([&] { command(Transfer{"a", "b", 4}); }).retryable());
  CHECK(fixture.types() == Types{"STARTED"});
  CHECK_FALSE(targets.get_aggregate("b"));
  CHECK(error_of<castore::StorageError>([&] { command(Transfer{"a", "b", 4}); }).retryable());
  CHECK(fixture.types() == Types{"STARTED", "COUNTED"});
  CHECK(targets.get_existing_aggregate("b").count == 4);
  CHECK(fixture.attempts.empty());
}

TEST_CASE("a conflict nested in another exception is retried, however deep, the exception itself is thrown at last") {
  struct Outer : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  Fixture fixture;
  int calls = 0;
  const Command command{"COUNT", std::tie(fixture.counters),
                        [&calls](Counters&) {
                          ++calls;
                          try {
                            try {
                              throw EventAlreadyExistsError{"COUNTERS", "a", 7};
                            } catch (...) {
                              std::throw_with_nested(std::logic_error{"middle"});
                            }
                          } catch (...) {
                            std::throw_with_nested(Outer{"outer"});
                          }
                        },
                        fixture.options(1)};
  const auto error = error_of<Outer>([&] { command(); });
  CHECK(error.what() == std::string_view{"outer"});
  CHECK(calls == 2);
  CHECK(fixture.attempts == Attempts{{1, 1}, {2, 0}});
}

TEST_CASE("a conflict nested in what is no std::exception is retried, too") {
  struct Code {
    int code;
  };
  Fixture fixture;
  int calls = 0;
  const auto fail = [&calls] {
    ++calls;
    try {
      throw EventAlreadyExistsError{"COUNTERS", "a", 7};
    } catch (...) {
      std::throw_with_nested(Code{3});
    }
  };
  const Command handler{"COUNT", std::tie(fixture.counters), [&fail](Counters&) { fail(); }, fixture.options(1)};
  CHECK(error_of<Code>([&] { handler(); }).code == 3);
  CHECK(calls == 2);
  const Command decide{"COUNT", fixture.counters, [&fail](const std::optional<Counter>&) { fail(); },
                       fixture.options(1)};
  CHECK(error_of<Code>([&] { decide("a"); }).code == 3);
  CHECK(calls == 4);
}

TEST_CASE("a command within a command retries by itself, what it gives up is retried by the outer one") {
  Fixture fixture;
  fixture.others.push_event("a", 1, Started{10});
  std::vector<double> seen;
  const Command inner{"INNER", fixture.counters, CountOn{seen}, {.event_already_exists_retries = 1}};
  int calls = 0;
  const Command outer{"OUTER", std::tie(fixture.counters),
                      [&](Counters&) {
                        ++calls;
                        return inner("a").aggregate.count;
                      },
                      fixture.options(1)};
  fixture.interfere(3);
  CHECK(outer() == 311);
  CHECK(calls == 2);
  CHECK(seen == std::vector<double>{10, 110, 210, 310});
  CHECK(fixture.attempts == Attempts{{1, 1}});
}

TEST_CASE("a handler takes input, stores in their order, and context") {
  Fixture fixture;
  Counters targets{"TARGETS", fixture.storage};
  Mailer mailer;
  const Command command{"C", std::tie(fixture.counters, targets),
                        [](int input, Counters& one, const Counters& two, Mailer& context, const std::string& note) {
                          context.mails = input;
                          return std::string{one.event_store_id()} + " " + std::string{two.event_store_id()} + " " + note;
                        }};
  CHECK(command(3, mailer, "note") == "COUNTERS TARGETS note");
  CHECK(mailer.mails == 3);
}

struct Renaming {
  std::string from;
  std::string to;
};

TEST_CASE("the input of a handler that names its type may be given in braces, the context behind it") {
  Fixture fixture;
  const Command command{"RENAME", std::tie(fixture.counters),
                        [](const Renaming& input, Counters&, const std::string& context) {
                          return input.from + " " + input.to + " " + context;
                        }};
  CHECK(command({"a", "b"}, std::string{"c"}) == "a b c");
  const Renaming kept{"d", "e"};
  CHECK(command(kept, std::string{"c"}) == "d e c");
  CHECK(command(Renaming{"f", "g"}, std::string{"c"}) == "f g c");
}

TEST_CASE("a handler may be generic, and its stores of different types") {
  Fixture fixture;
  castore::EventStore<CounterEvents, Counter, CounterReducer, castore::InMemoryEventStorageAdapter> typed{"TYPED",
                                                                                                          fixture.real};
  const Command command{"C", std::tie(fixture.counters, typed), [](const auto& input, auto& any, auto& other) {
                          static_assert(!std::is_same_v<decltype(any), decltype(other)>);
                          any.push_event("a", 1, Started{input});
                          return other.push_event("a", 1, Started{input}).event.version;
                        }};
  CHECK(command(3) == 1);
}

}  // namespace command_tests
