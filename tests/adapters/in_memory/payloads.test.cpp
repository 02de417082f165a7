// SPDX-License-Identifier: MIT
// Payloads and metadata of types that are easily changed, or not taken at all, on their way: with a constructor for a
// list, with const members, without a default constructor or assignment.
#include <castore/castore.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

using castore::InMemoryEventStorageAdapter;
using castore::push_event_group;
using castore_tests::at;
using castore_tests::error_of;
using nlohmann::json;
using namespace std::string_literals;

namespace {

struct Document : std::vector<json> {
  static constexpr std::string_view type = "DOCUMENT";
  using std::vector<json>::vector;
};

/// Can be moved only, and not assigned to.
struct Sealed {
  static constexpr std::string_view type = "SEALED";
  explicit Sealed(int number) : content{std::make_unique<int>(number)} {}
  Sealed(Sealed&&) = default;
  Sealed& operator=(Sealed&&) = delete;
  std::unique_ptr<int> content;
};
}  // namespace

template <>
struct castore::codec<Document> {
  static std::string encode(const Document& document) { return json(json::array_t(document.begin(), document.end())).dump(); }
  static Document decode(std::string_view text) {
    const json list = json::parse(text);
    return Document(list.begin(), list.end());
  }
};
template <>
struct castore::codec<Sealed> {
  static std::string encode(const Sealed& sealed) { return std::to_string(*sealed.content); }
  static Sealed decode(std::string_view text) { return Sealed{std::stoi(std::string{text})}; }
};

namespace {

// --- types with a constructor for a list: braces would wrap their values in an array ---------------------------------

struct Noted {
  static constexpr std::string_view type = "NOTED";
  using Metadata = json;
  int number = 0;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(Noted, number)
};
struct Tagged {
  static constexpr std::string_view type = "TAGGED";
  using Metadata = std::vector<json>;
};

struct Seen : castore::Aggregate {
  std::string text;
};
struct SeenReducer {
  void operator()(Seen& seen, const Noted&, const castore::EventInfo<Noted>& info) const {
    seen.text += info.metadata.dump();
  }
  void operator()(Seen& seen, const Tagged&, const castore::EventInfo<Tagged>& info) const {
    seen.text += json(info.metadata).dump();
  }
  void operator()(Seen& seen, const Document& document) const { seen.text += std::to_string(document.size()); }
};
using SeenStore = castore::EventStore<castore::Events<Noted, Tagged, Document>, Seen, SeenReducer>;

const json ann = {{"user", "ann"}};
const std::vector<json> tags = [] {
  std::vector<json> list;
  list.emplace_back("x");
  list.emplace_back(json::array());
  return list;
}();
const Document document = [] {
  Document list;
  list.push_back(ann);
  list.emplace_back("y");
  return list;
}();

template <class Payload>
const castore::EventDetail<Payload>& only(const std::vector<SeenStore::Event>& events) {
  REQUIRE(events.size() == 1);
  const auto* detail = events.front().get_if<Payload>();
  REQUIRE(detail != nullptr);
  return *detail;
}

// --- types that cannot be assigned, made from nothing, or both -------------------------------------------------------

struct Renamed {
  static constexpr std::string_view type = "RENAMED";
  const std::string name;
};
struct Moved {
  struct Metadata {
    explicit Metadata(std::string reason_) : reason{std::move(reason_)} {}
    const std::string reason;
  };
  static constexpr std::string_view type = "MOVED";
  explicit Moved(int place_) : place{place_} {}
  const int place;
};
struct Person : castore::Aggregate {
  std::string text;
};
struct PersonReducer {
  void operator()(Person& person, const Renamed& event) const { person.text += event.name + ";"; }
  void operator()(Person& person, const Moved& event, const castore::EventInfo<Moved>& info) const {
    person.text += std::to_string(event.place) + info.metadata.reason + ";";
  }
};
using People = castore::EventStore<castore::Events<Renamed, Moved>, Person, PersonReducer, InMemoryEventStorageAdapter>;
const std::string long_name(40, 'n');

struct Box : castore::Aggregate {
  int sum = 0;
};
struct BoxReducer {
  void operator()(Box& box, const Sealed& event) const { box.sum += *event.content; }
};

/// Throws when it is moved for the `countdown`th time.
struct Fragile {
  static constexpr std::string_view type = "FRAGILE";
  static inline int countdown = -1;
  static void count() {
    if (countdown >= 0 && countdown-- == 0) throw std::domain_error{"broken"};
  }

  explicit Fragile(int number_) : number{number_} {}
  Fragile(const Fragile& other) = default;
  Fragile(Fragile&& other) : number{other.number} { count(); }
  Fragile& operator=(const Fragile&) = default;
  Fragile& operator=(Fragile&& other) {
    count();
    number = other.number;
    return *this;
  }
  int number;
};
struct FragileReducer {
  void operator()(Box& box, const Fragile& event) const { box.sum += event.number; }
};

}  // namespace

TEST_CASE("payloads and metadata with a constructor for a list come back as they were pushed") {
  const castore::AnyEventStorageAdapter storage = CASTORE_TESTS_EITHER_STORAGE;
  std::vector<std::string> hooked;
  SeenStore store{"SEEN", storage, {.on_event_pushed = [&hooked](const SeenStore::PushedEvent& pushed) {
                    if (const auto* noted = pushed.event.get_if<Noted>()) hooked.push_back(noted->metadata.dump());
                    if (pushed.next_aggregate) hooked.push_back(pushed.next_aggregate->text);
                  }}};
  const auto noted = store.push_event("noted", 1, Noted{1}, {.metadata = ann});
  CHECK(noted.event.metadata == ann);
  CHECK(noted.next_aggregate->text == ann.dump());
  CHECK(hooked == std::vector{ann.dump(), ann.dump()});
  CHECK(only<Noted>(store.get_events("noted")).metadata == ann);
  CHECK(store.get_existing_aggregate("noted").text == ann.dump());

  const auto tagged = store.try_push_event("tagged", 1, Tagged{}, {.metadata = tags});
  REQUIRE(tagged.has_value());
  CHECK(tagged->event.metadata == tags);
  CHECK(only<Tagged>(store.get_events("tagged")).metadata == tags);

  CHECK(only<Document>(store.push_events("several", 0, document)).payload == document);
  CHECK(only<Document>(store.get_events("several")).payload == document);
  CHECK(store.get_existing_aggregate("several").text == "2");
  CHECK(only<Document>(store.push_events("variant", 0, std::vector<std::variant<Document, Tagged>>{document})).payload ==
        document);

  const auto [grouped, other] = push_event_group(store.group_event("g", 1, Noted{2}, {.metadata = ann}),
                                                 store.group_event("h", 1, document));
  CHECK(grouped.event.metadata == ann);
  CHECK(other.event.payload == document);
  CHECK(only<Noted>(store.get_events("g")).metadata == ann);
  CHECK(only<Document>(store.get_events("h")).payload == document);
  push_event_group({store.group_event("i", 1, Tagged{}, {.metadata = tags})});
  CHECK(only<Tagged>(store.get_events("i")).metadata == tags);
  store.push_event(castore::EventDetail<Noted>{.aggregate_id = "j", .version = 1, .payload = {3}, .metadata = ann});
  CHECK(only<Noted>(store.get_events("j")).metadata == ann);

  const castore::Command write{"WRITE", store, [](const std::optional<Seen>&) { return document; }};
  CHECK(only<Document>(write("k").events).payload == document);
  const castore::Command write_twice{"WRITE_TWICE", store, [](const std::optional<Seen>&) {
                                       return std::tuple{document, document};
                                     }};
  CHECK(write_twice("l").aggregate.text == "22");
  CHECK(only<Document>(store.get_events("l", {.limit = 1})).payload == document);

  const auto records = castore_tests::records_of(storage, "SEEN", "noted");
  REQUIRE(records.size() == 1);
  CHECK(records.front().metadata == ann.dump());
}

TEST_CASE("payloads and metadata with const members and without default constructor are pushed and loaded") {
  InMemoryEventStorageAdapter storage;
  std::vector<std::string> hooked;
  People people{"PEOPLE", storage, {.on_event_pushed = [&hooked](const People::PushedEvent& pushed) {
                  hooked.push_back(std::string{pushed.event.type()});
                }}};
  const auto renamed = people.push_event("a", 1, Renamed{long_name});
  CHECK(renamed.event.payload.name == long_name);
  CHECK(renamed.event.aggregate_id == "a");
  CHECK(renamed.next_aggregate->text == long_name + ";");
  const auto moved = people.try_push_event("a", 2, Moved{7}, {.metadata = Moved::Metadata{"work"}});
  REQUIRE(moved.has_value());
  CHECK(moved->event.metadata.reason == "work");
  push_event_group(people.group_event("a", 3, Moved{8}, {.metadata = Moved::Metadata{"love"}}),
                   people.group_event("b", 1, Renamed{"ann"}));
  CHECK(people.push_events("b", 1, Renamed{"bea"}, Renamed{"cleo"}).size() == 2);
  const castore::Command rename{"RENAME", people, [](const Person&) { return Renamed{"dora"}; }};
  CHECK(rename("b").aggregate.text == "ann;bea;cleo;dora;");
  CHECK(people.get_existing_aggregate("a").text == long_name + ";7work;8love;");
  const auto events = people.get_events("a", {.reverse = true});
  REQUIRE(events.size() == 3);
  CHECK(events.front().get_if<Moved>()->payload.place == 8);
  people.push_event("a", 1, Renamed{"eve"}, {.force = true});
  CHECK(people.get_existing_aggregate("a").text == "eve;7work;8love;");
  CHECK(hooked.size() == 8);
}

TEST_CASE("a payload that can only be moved, and not assigned to, is in the result after the hook saw it") {
  InMemoryEventStorageAdapter storage;
  int hooked = 0;
  castore::EventStore<castore::Events<Sealed>, Box, BoxReducer> boxes{
      "BOXES", storage, {.on_event_pushed = [&hooked](const auto& pushed) {
        hooked += *pushed.event.template get_if<Sealed>()->payload.content;
        if (hooked > 5) throw std::domain_error{"too much"};
      }}};
  CHECK(*boxes.push_event("a", 1, Sealed{5}).event.payload.content == 5);
  CHECK(hooked == 5);
  auto [grouped] = push_event_group(boxes.group_event("b", 1, Sealed{0}));
  CHECK(*grouped.event.payload.content == 0);
  CHECK(castore_tests::cause_of<std::domain_error>([&] { boxes.push_event("a", 2, Sealed{6}); }).what() == "too much"s);
  CHECK(boxes.get_existing_aggregate("a").sum == 11);
}

TEST_CASE("a payload whose move fails while hooks are called leaves the event stored and the store in use") {
  InMemoryEventStorageAdapter storage;
  int hooked = 0;
  castore::EventStore<castore::Events<Fragile>, Box, FragileReducer, InMemoryEventStorageAdapter> boxes{
      "BOXES", storage, {.on_event_pushed = [&hooked](const auto&) {
        ++hooked;
        Fragile::countdown = 0;
      }}};
  const auto error =
      error_of<castore::OnEventPushedError>([&] { boxes.push_event("a", 1, Fragile{5}, {.prev_aggregate = Box{{"a", 0}, 1}}); });
  Fragile::countdown = -1;
  CHECK(error.aggregate_id() == "a");
  CHECK(error.version() == 1);
  CHECK(hooked == 1);
  CHECK(boxes.get_existing_aggregate("a").sum == 5);
  CHECK(castore_tests::cause_of<std::domain_error>([&] {
          push_event_group(boxes.group_event("a", 2, Fragile{6}), boxes.group_event("b", 1, Fragile{7}));
        }).what() == "broken"s);
  Fragile::countdown = -1;
  CHECK(hooked == 3);
  CHECK(boxes.get_existing_aggregate("a").sum == 11);
  CHECK(boxes.get_existing_aggregate("b").sum == 7);
}

TEST_CASE("aggregates that can only be moved go through commands of several events") {
  struct Sole : castore::Aggregate {
    std::unique_ptr<int> sum = std::make_unique<int>(0);
  };
  struct SoleReducer {
    void operator()(Sole& sole, const Fragile& event) const { *sole.sum += event.number; }
  };
  InMemoryEventStorageAdapter storage;
  castore::EventStore<castore::Events<Fragile>, Sole, SoleReducer, InMemoryEventStorageAdapter> soles{"SOLES", storage};
  const castore::Command twice{"TWICE", soles, [](const std::optional<Sole>&) {
                                 return std::tuple{Fragile{1}, Fragile{2}};
                               }};
  CHECK(*twice("a").aggregate.sum == 3);
  CHECK(*twice("a").aggregate.sum == 6);
  CHECK(*soles.get_existing_aggregate("a").sum == 6);
}
