// SPDX-License-Identifier: MIT
#include <castore/core/event_store_concepts.hpp>

#include <castore/castore.hpp>
#include "core/pokemons.hpp"
#include "core/support.hpp"
#include "support/catch.hpp"

#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using castore::AnyEventStorageAdapter;
using castore::EventAlreadyExistsError;
using castore::InMemoryEventStorageAdapter;
using castore::OnEventPushedError;
using castore::push_event_group;
using castore::PushOptions;
using castore::Version;
using castore_tests::cause_of;
using castore_tests::error_of;
using castore_tests::Pokemon;
using castore_tests::PokemonAppeared;
using castore_tests::PokemonCaught;
using castore_tests::PokemonHealed;
using castore_tests::PokemonLeveledUp;
using castore_tests::PokemonStore;
using namespace std::string_literals;

namespace {

using Log = std::vector<std::string>;

/// Writes down what it is told, and may refuse.
struct Recorder final : PokemonStore::StoreExtension {
  Recorder(std::string name_, Log& log_) : name{std::move(name_)}, log{log_} {}

  std::shared_ptr<void> begin_push(std::string_view aggregate_id, Version version, PushOptions& options) override {
    const std::string what = name + " " + std::string{aggregate_id} + std::to_string(version);
    log.push_back("begin " + what);
    if (refuses) throw std::domain_error{"no"};
    options.force |= forces;
    return std::shared_ptr<void>{static_cast<void*>(this), [this, what](void*) { log.push_back("end " + what); }};
  }
  void event_pushed(const PokemonStore::PushedEvent& pushed) override {
    log.push_back("pushed " + name + " " + pushed.event.aggregate_id() + std::to_string(pushed.event.version()) +
                  (pushed.next_aggregate ? " to " + std::to_string(pushed.next_aggregate->version) : ""s));
    if (fails_afterwards) throw std::domain_error{name};
  }

  std::string name;
  Log& log;
  bool refuses = false;
  bool forces = false;
  bool fails_afterwards = false;
};

/// A store that remembers aggregates and asks for newer events only, written with public names alone.
template <castore::DerivableStore Store>
class CachingStore : public Store {
 public:
  using typename Store::Aggregate;

  explicit CachingStore(const Store& original) : CachingStore{original, std::make_shared<Cache>()} {}
  CachingStore(const CachingStore& original, std::shared_ptr<typename Store::StoreExtension> extension)
      : Store(original, std::move(extension)), cache_{original.cache_} {}

  std::optional<Aggregate> get_aggregate(std::string_view id, castore::GetAggregateOptions options = {}) const {
    std::optional<Aggregate> cached = cache_->find(id);
    if (cached && cached->version > options.max_version.value_or(cached->version)) cached.reset();
    std::optional<Aggregate> aggregate =
        cached ? Store::extend_aggregate(*std::move(cached), options) : Store::get_aggregate(id, options);
    if (aggregate) cache_->keep(*aggregate);
    return aggregate;
  }
  Aggregate get_existing_aggregate(std::string_view id, castore::GetAggregateOptions options = {}) const {
    auto aggregate = get_aggregate(id, options);
    if (!aggregate) throw castore::AggregateNotFoundError{this->event_store_id(), id};
    return *std::move(aggregate);
  }
  std::size_t hits() const { return cache_->hits; }

 private:
  struct Cache final : Store::StoreExtension {
    std::shared_ptr<void> begin_push(std::string_view id, Version, PushOptions& options) override {
      const std::scoped_lock lock{mutex};
      if (options.force) aggregates.erase(std::string{id});
      return nullptr;
    }
    void event_pushed(const typename Store::PushedEvent& pushed) override {
      const std::scoped_lock lock{mutex};
      const auto found = aggregates.find(pushed.event.aggregate_id());
      if (found != aggregates.end() && found->second.version >= pushed.event.version()) aggregates.erase(found);
    }
    std::optional<Aggregate> find(std::string_view id) {
      const std::scoped_lock lock{mutex};
      const auto found = aggregates.find(std::string{id});
      if (found == aggregates.end()) return std::nullopt;
      ++hits;
      return found->second;
    }
    void keep(const Aggregate& aggregate) {
      const std::scoped_lock lock{mutex};
      aggregates.insert_or_assign(aggregate.aggregate_id, aggregate);
    }

    std::mutex mutex{};
    std::map<std::string, Aggregate> aggregates{};
    std::size_t hits = 0;
  };

  CachingStore(const Store& original, std::shared_ptr<Cache> cache)
      : Store(original, cache), cache_{std::move(cache)} {}

  std::shared_ptr<Cache> cache_;
};

using Caching = CachingStore<PokemonStore>;

}  // namespace

TEST_CASE("stores and what is derived from them are what the concepts ask for") {
  STATIC_REQUIRE(castore::ReadsAggregates<PokemonStore>);
  STATIC_REQUIRE(castore::DerivableStore<PokemonStore>);
  STATIC_REQUIRE(castore::DerivableStore<Caching>);
  STATIC_REQUIRE(castore::DerivableStore<CachingStore<Caching>>);
  STATIC_REQUIRE_FALSE(castore::ReadsAggregates<InMemoryEventStorageAdapter>);
}

TEST_CASE("an extension is told of every push before it is written and after it was stored") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  Log log;
  PokemonStore original{"POKEMONS", storage, {.on_event_pushed = [&log](const auto&) { log.push_back("hook"); }}};
  PokemonStore store{original, std::make_shared<Recorder>("x", log)};

  store.push_event("a", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(log == Log{"begin x a1", "hook", "pushed x a1 to 1", "end x a1"});
  log.clear();
  REQUIRE(store.try_push_event("a", 2, PokemonLeveledUp{}));
  CHECK(log == Log{"begin x a2", "hook", "pushed x a2", "end x a2"});
  log.clear();
  store.push_events("b", 0, PokemonAppeared{"Raichu", 5}, PokemonLeveledUp{});
  CHECK(log == Log{"begin x b1", "begin x b2", "hook", "pushed x b1 to 1", "hook", "pushed x b2 to 2", "end x b1",
                   "end x b2"});
  log.clear();
  push_event_group(store.group_event("c", 1, PokemonAppeared{"Mew", 5}), original.group_event("d", 1, PokemonHealed{}));
  CHECK(log == Log{"begin x c1", "hook", "pushed x c1 to 1", "hook", "end x c1"});
  log.clear();
  const castore::Command level_up{"LEVEL_UP", store, [](const Pokemon&) { return PokemonLeveledUp{}; }};
  level_up("a");
  CHECK(log == Log{"begin x a3", "hook", "pushed x a3 to 3", "end x a3"});
  log.clear();
  original.push_event("e", 1, PokemonHealed{});
  CHECK(log == Log{"hook"});
}

TEST_CASE("what an extension began ends also when the push is refused") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  Log log;
  PokemonStore original{"POKEMONS", storage};
  PokemonStore store{original, std::make_shared<Recorder>("x", log)};
  original.push_event("a", 1, PokemonAppeared{"Pikachu", 5});
  CHECK_FALSE(store.try_push_event("a", 1, PokemonHealed{}));
  CHECK(log == Log{"begin x a1", "end x a1"});
  log.clear();
  CHECK(error_of<castore::InvalidEventError>([&] { store.push_event("a", 0, PokemonHealed{}); }).field() == "version");
  CHECK(log.empty());
}

TEST_CASE("an extension can end a push and change its options") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  Log log;
  PokemonStore original{"POKEMONS", storage};
  const auto recorder = std::make_shared<Recorder>("x", log);
  PokemonStore store{original, recorder};
  recorder->refuses = true;
  CHECK(error_of<std::domain_error>([&] {
          push_event_group(original.group_event("a", 1, PokemonHealed{}), store.group_event("b", 1, PokemonHealed{}));
        }).what() == "no"s);
  CHECK(store.get_events("a").empty());
  recorder->refuses = false;
  recorder->forces = true;
  store.push_event("a", 1, PokemonAppeared{"Pikachu", 5});
  store.push_event("a", 1, PokemonAppeared{"Raichu", 9});
  CHECK(store.get_existing_aggregate("a").name == "Raichu");
}

TEST_CASE("extensions are called from the inmost store's on and all of them whatever one throws") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  Log log;
  const auto inner = std::make_shared<Recorder>("in", log);
  PokemonStore original{"POKEMONS", storage, {.on_event_pushed = [](const auto&) { throw std::domain_error{"hook"}; }}};
  PokemonStore derived{original, inner};
  PokemonStore store{derived, std::make_shared<Recorder>("out", log)};
  inner->fails_afterwards = true;
  const auto push = [&](Version version) { store.push_event("a", version, PokemonHealed{}); };
  const auto error = error_of<OnEventPushedError>([&] { push(1); });
  CHECK(error.aggregate_id() == "a");
  CHECK(error.version() == 1);
  CHECK(log ==
        Log{"begin in a1", "begin out a1", "pushed in a1 to 1", "pushed out a1 to 1", "end in a1", "end out a1"});
  CHECK(cause_of<std::domain_error>([&] { push(2); }).what() == "hook"s);
  CHECK(store.get_events("a").size() == 2);

  PokemonStore without_hook{"POKEMONS", storage, {.extension = derived.options().extension}};
  CHECK(cause_of<std::domain_error>([&] { without_hook.push_event("a", 3, PokemonHealed{}); }).what() == "in"s);
}

TEST_CASE("an extension is for one store and its copies") {
  Log log;
  PokemonStore original{"POKEMONS"};
  const auto recorder = std::make_shared<Recorder>("x", log);
  const PokemonStore store{original, recorder};
  CHECK(PokemonStore{store}.options().extension == recorder);
  CHECK(error_of<std::invalid_argument>([&] { PokemonStore{original, recorder}; }).what() ==
        "castore: a StoreExtension is for one store; make another one"s);
  CHECK(error_of<std::invalid_argument>([&] { PokemonStore{store, recorder}; }).what() ==
        "castore: a StoreExtension is for one store; make another one"s);

  const auto given = std::make_shared<Recorder>("y", log);
  InMemoryEventStorageAdapter storage;
  PokemonStore with{"POKEMONS", storage, {.extension = given}};
  with.push_event("a", 1, PokemonHealed{});
  CHECK(log == Log{"begin y a1", "pushed y a1 to 1", "end y a1"});
  CHECK(error_of<std::invalid_argument>([&] { PokemonStore{with, given}; }).what() ==
        "castore: a StoreExtension is for one store; make another one"s);
}

TEST_CASE("a derived store and its original have one adapter whichever of them it is set for") {
  InMemoryEventStorageAdapter first;
  InMemoryEventStorageAdapter second;
  Log log;
  PokemonStore original{"POKEMONS"};
  PokemonStore derived{original, std::make_shared<Recorder>("x", log)};
  PokemonStore plain{derived, nullptr};
  const PokemonStore copy{original};
  original.set_event_storage_adapter(first);
  derived.push_event("a", 1, PokemonHealed{});
  CHECK(plain.get_events("a").size() == 1);
  CHECK(plain.options().extension == derived.options().extension);
  plain.set_event_storage_adapter(second);
  CHECK(original.get_events("a").empty());
  CHECK(original.event_storage_adapter().target<InMemoryEventStorageAdapter>() == &second);
  CHECK(error_of<castore::UndefinedEventStorageAdapterError>([&] { copy.get_events("a"); }).event_store_id() ==
        "POKEMONS");

  const PokemonStore moved{std::move(original)};
  derived.set_event_storage_adapter(first);
  CHECK(moved.get_events("a").size() == 1);

  PokemonStore assigned{"OTHERS", second};
  PokemonStore follower{assigned, nullptr};
  assigned = PokemonStore{"POKEMONS", first};
  CHECK(follower.get_events("a").empty());  // it kept its own id, and has the adapter that was assigned
  CHECK(follower.event_storage_adapter().target<InMemoryEventStorageAdapter>() == &first);
}

TEST_CASE("extend_aggregate adds the events after an aggregate's version") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore store{"POKEMONS", storage};
  store.push_events("a", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{}, PokemonLeveledUp{});
  for (const Version version : {1, 2, 3}) {
    const Pokemon known = store.get_existing_aggregate("a", {.max_version = version});
    CHECK(store.extend_aggregate(known) == store.get_existing_aggregate("a"));
  }
  const Pokemon first = store.get_existing_aggregate("a", {.max_version = 1});
  CHECK(store.extend_aggregate(first, {.max_version = 2}) == store.get_existing_aggregate("a", {.max_version = 2}));
  CHECK(store.extend_aggregate(store.get_existing_aggregate("a"), {.max_version = 1}).version == 3);
  const Pokemon newest{{"a", (std::numeric_limits<Version>::max)()}, "", 7, ""};  // nothing can come after it
  CHECK(store.extend_aggregate(newest) == newest);
  CHECK(store.extend_aggregate(Pokemon{{"unknown", 0}, "", 0, ""}) == Pokemon{{"unknown", 0}, "", 0, ""});
  CHECK(store.extend_aggregate(Pokemon{{"a", 0}, "", 0, ""}) == store.get_existing_aggregate("a"));
}

TEST_CASE("a cache is a derived store: alone, in commands and groups, below another one, with forced pushes") {
  const AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  PokemonStore original{"POKEMONS", storage};
  Caching cached{original};
  cached.push_event("a", 1, PokemonAppeared{"Pikachu", 5});
  CHECK(cached.get_existing_aggregate("a").level == 5);
  original.push_event("a", 2, PokemonLeveledUp{});
  CHECK(cached.get_existing_aggregate("a").level == 6);
  CHECK(cached.hits() == 1);
  CHECK(cached.get_existing_aggregate("a", {.max_version = 1}).level == 5);

  const castore::Command level_up{"LEVEL_UP", cached, [](const Pokemon&) { return PokemonLeveledUp{}; }};
  CHECK(level_up("a").aggregate.level == 7);
  CHECK(cached.hits() > 1);
  const castore::Command twice{"TWICE", cached, [](const Pokemon&) {
                                 return std::tuple{PokemonLeveledUp{}, PokemonLeveledUp{}};
                               }};
  CHECK(twice("a").aggregate.level == 9);
  push_event_group(cached.group_event("a", 6, PokemonLeveledUp{}), original.group_event("b", 1, PokemonHealed{}));
  CHECK(cached.get_existing_aggregate("a").level == 10);
  cached.push_event("a", 1, PokemonAppeared{"Raichu", 50}, {.force = true});
  CHECK(cached.get_existing_aggregate("a").level == 55);

  Log log;
  CachingStore<Caching> outer{cached};
  CHECK(outer.get_existing_aggregate("a").level == 55);
  outer.push_event("a", 7, PokemonLeveledUp{});
  CHECK(outer.get_existing_aggregate("a").level == 56);
  CHECK(error_of<EventAlreadyExistsError>([&] { outer.push_event("a", 7, PokemonHealed{}); }).version() == 7);
}
