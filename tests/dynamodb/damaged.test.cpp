// SPDX-License-Identifier: MIT
// Items and answers that are not what DynamoDB and Castore write: refused by name, or left out where that is asked for.

#include <castore/adapters/dynamodb/answers.hpp>

#include "dynamodb/scripted_client.hpp"

#include <castore/core/errors.hpp>
#include <castore/core/timestamp.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace castore;
using namespace castore::dynamodb_tests;

namespace {

Json with(Json item, const char* attribute, const Json& value) {
  item[attribute] = value;
  return item;
}
Json without(Json item, const char* attribute) {
  item.erase(attribute);
  return item;
}

struct Damage {
  Json item;
  const char* attribute;
  std::string key;
  std::optional<Version> version;
};

TEST_CASE("a load names the item and attribute that is damaged") {
  const Json item = stored_item(2);
  const std::string key = "POKEMONS#a";
  const std::vector<Damage> damages = {
      {without(item, "aggregateId"), "aggregateId", "", std::nullopt},
      {with(item, "aggregateId", {{"N", "1"}}), "aggregateId", "", std::nullopt},
      {without(item, "version"), "version", key, std::nullopt},
      {with(item, "version", text_value("2")), "version", key, std::nullopt},
      {with(item, "version", {{"N", "1.5"}}), "version", key, std::nullopt},
      {with(item, "version", {{"N", "0"}}), "version", key, std::nullopt},
      {with(item, "version", {{"N", "9223372036854775808"}}), "version", key, std::nullopt},
      {without(item, "type"), "type", key, 2},
      {with(item, "type", {{"N", "1"}}), "type", key, 2},
      {without(item, "timestamp"), "timestamp", key, 2},
      {with(item, "timestamp", text_value("yesterday")), "timestamp", key, 2},
      {with(item, "timestamp", {{"N", "1640995200000"}}), "timestamp", key, 2},
      {with(item, "payload", {{"X", "1"}}), "payload", key, 2},
      {with(item, "payload", {{"N", "one"}}), "payload", key, 2},
      {with(item, "payload", {{"BOOL", "true"}}), "payload", key, 2},
      {with(item, "payload", {{"BOOL", 1}}), "payload", key, 2},
      {with(item, "payload", {{"NULL", 1}}), "payload", key, 2},
      {with(item, "payload", Json::object()), "payload", key, 2},
      {with(item, "metadata", {{"L", {{{"S", "a"}, {"N", "1"}}}}}), "metadata", key, 2},
  };
  for (const Damage& damage : damages) {
    CAPTURE(damage.item.dump());
    // Also where a list would go on: the events of an aggregate are nothing without one of them.
    Scripted scripted{{.damaged_entries = DynamoDbDamagedEntries::skip}};
    scripted.client.answers_with(page_of({stored_item(1), damage.item})).answers_with(page_of({stored_item(1)}));
    const auto error = error_of<DynamoDbDamagedItemError>([&] { load(scripted.storage, "a"); });
    CHECK(error.table() == "events");
    CHECK(error.key() == damage.key);
    CHECK(error.version() == damage.version);
    CHECK(error.attribute() == damage.attribute);
    CHECK(contains(error.what(), "'events'"));
    CHECK(contains(error.what(), damage.attribute));
    CHECK_FALSE(error.retryable());
    CHECK(load(scripted.storage, "a").size() == 1);
  }
}

TEST_CASE("a list refuses a damaged entry or goes on without it as the option says") {
  const Json entry = stored_entry("b");
  const std::vector<Damage> damages = {
      {with(entry, "timestamp", text_value("2022-01-01 noon")), "timestamp", "POKEMONS#b", 1},
      {with(entry, "version", number_value(2)), "version", "POKEMONS#b", 2},
      {with(entry, "version", {{"N", "1.5"}}), "version", "POKEMONS#b", std::nullopt},
      {with(entry, "aggregateId", text_value("TRAINERS#b")), "aggregateId", "TRAINERS#b", 1},
      {with(entry, "aggregateId", text_value("POKEMONS")), "aggregateId", "POKEMONS", 1},
      {without(entry, "aggregateId"), "aggregateId", "", std::nullopt},
  };
  for (const Damage& damage : damages) {
    CAPTURE(damage.item.dump());
    const Json page = page_of({stored_entry("a"), damage.item, stored_entry("c")});
    Scripted refusing;
    refusing.client.answers_with(page);
    const auto error = error_of<DynamoDbDamagedItemError>([&] { refusing.storage.list_aggregate_ids("POKEMONS", {}); });
    CHECK(error.attribute() == damage.attribute);
    CHECK(error.key() == damage.key);
    CHECK(error.version() == damage.version);

    std::vector<std::string> reports;
    Scripted skipping{{.damaged_entries = DynamoDbDamagedEntries::skip, .on_damaged_entry = [&](const auto& reported) {
                         reports.push_back(reported.table() + " " + reported.key() + " " + reported.attribute());
                       }}};
    skipping.client.answers_with(page);
    CHECK(skipping.storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids ==
          std::vector<AggregateIdEntry>{{"a", noon}, {"c", noon}});
    CHECK(reports == std::vector<std::string>{"events " + damage.key + " " + damage.attribute});
  }
}

TEST_CASE("skipped entries do not count and what on_damaged_entry throws ends the list") {
  const Json damaged = with(stored_entry("x"), "timestamp", text_value("2022-01-01T12"));  // in order, and valid
  const Json wrong = with(stored_entry("x"), "version", number_value(7));
  Scripted scripted{{.damaged_entries = DynamoDbDamagedEntries::skip}};
  scripted.client.answers_with(page_of({wrong, stored_entry("a"), wrong}, stored_entry("x")))
      .answers_with(page_of({wrong, stored_entry("b"), stored_entry("c")}));
  const auto page = scripted.storage.list_aggregate_ids("POKEMONS", {.limit = 2});
  CHECK(page.aggregate_ids == std::vector<AggregateIdEntry>{{"a", noon}, {"b", noon}});
  REQUIRE(page.next_page_token);
  CHECK(Json::parse(*page.next_page_token)["lastEvaluatedKey"] == stored_entry("b"));
  CHECK(scripted.body(1)["Limit"] == 2);
  Scripted throwing{{.damaged_entries = DynamoDbDamagedEntries::skip,
                     .on_damaged_entry = [](const auto&) { throw std::domain_error{"mine"}; }}};
  throwing.client.answers_with(page_of({wrong})).answers_with(page_of({damaged}));
  CHECK_THROWS_AS(throwing.storage.list_aggregate_ids("POKEMONS", {}), std::domain_error);
  CHECK(throwing.storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.size() == 1);
}

TEST_CASE("timestamps in every form of ISO 8601 are listed and loaded") {
  std::vector<Json> entries;
  std::vector<std::string> forms = {"2024",
                                    "2024-05",
                                    "2024-05-06",
                                    "2024-05-06T07:08Z",
                                    "2024-05-06T07:08:09+02:00",
                                    "2024-05-06T07:08:09+0200",
                                    "2024-05-06T07:08:09.1Z",
                                    "2024-05-06T07:08:09.123456789Z",
                                    "2024-05-06t07:08:09z"};
  std::ranges::sort(forms);  // as the index does
  for (const std::string& form : forms) entries.push_back(stored_entry("id of " + form, form));
  Scripted scripted;
  scripted.client.answers_with(page_of(entries)).answers_with(page_of({stored_item(1)}));
  const auto page = scripted.storage.list_aggregate_ids("POKEMONS", {});
  REQUIRE(page.aggregate_ids.size() == forms.size());
  for (std::size_t index = 0; index < forms.size(); ++index) {
    CHECK(page.aggregate_ids[index].initial_event_timestamp == *parse_timestamp(forms[index]));
  }
}

TEST_CASE("a page that ends where it began is refused instead of being asked for again") {
  const Json key = stored_entry("a");
  Scripted listing;
  listing.client.answers_with(page_of({}, key)).answers_with(page_of({}, key)).answers_with(page_of({}));
  auto error = error_of<StorageError>([&] { listing.storage.list_aggregate_ids("POKEMONS", {}); });
  CHECK(contains(error.what(), "ends where it began"));
  CHECK(listing.client.requests.size() == 2);
  CHECK(listing.storage.list_aggregate_ids("POKEMONS", {}).aggregate_ids.empty());

  Scripted loading;
  loading.client.answers_with(page_of({stored_item(1)}, key)).answers_with(page_of({stored_item(2)}, key));
  error = error_of<StorageError>([&] { load(loading.storage, "a"); });
  CHECK(contains(error.what(), "ends where it began"));
  CHECK(loading.client.requests.size() == 2);
  CHECK_FALSE(error.retryable());
}

TEST_CASE("pages that go in circles are refused by the order of what they bring") {
  const Json key = stored_entry("a");
  const Json other = stored_entry("b");
  std::vector<Version> seen;
  Scripted loading;
  loading.client.answers_with(page_of({stored_item(1)}, key))
      .answers_with(page_of({stored_item(2)}, other))
      .answers_with(page_of({stored_item(1)}, key));
  const auto error = error_of<StorageError>([&] {
    loading.storage.get_events("POKEMONS", "a", {}, [&](const EventRecordView& view) { seen.push_back(view.version); });
  });
  CHECK(contains(error.what(), "out of order"));
  CHECK(seen == std::vector<Version>{1, 2});
  Scripted reverse;
  reverse.client.answers_with(page_of({stored_item(2), stored_item(2)}));
  CHECK_THROWS_AS(load(reverse.storage, "a", {.reverse = true}), StorageError);

  Scripted listing;
  listing.client.answers_with(page_of({stored_entry("a", "2022"), stored_entry("b", "2023")}, key))
      .answers_with(page_of({stored_entry("a", "2022")}, other));
  CHECK(contains(error_of<StorageError>([&] { listing.storage.list_aggregate_ids("POKEMONS", {.limit = 9}); }).what(),
                 "out of order"));
  Scripted backwards;
  backwards.client.answers_with(page_of({stored_entry("a", "2022"), stored_entry("b", "2023")}));
  CHECK_THROWS_AS(backwards.storage.list_aggregate_ids("POKEMONS", {.reverse = true}), StorageError);
}

TEST_CASE("a load or list ends after max_pages requests") {
  DynamoDbEventStorageAdapterOptions options{.max_pages = 3};
  for (const bool is_list : {false, true}) {
    Scripted scripted{options};
    for (int page = 0; page < 9; ++page) {
      scripted.client.answers_with(page_of({}, stored_entry(std::to_string(page))));
    }
    const auto error = error_of<StorageError>([&] {
      if (is_list) {
        scripted.storage.list_aggregate_ids("POKEMONS", {});
      } else {
        load(scripted.storage, "a");
      }
    });
    CHECK(contains(error.what(), "max_pages"));
    CHECK(scripted.client.requests.size() == 3);
  }
  Scripted enough{options};
  for (int page = 0; page < 2; ++page) enough.client.answers_with(page_of({}, stored_entry(std::to_string(page))));
  enough.client.answers_with(page_of({stored_item(1)}));
  CHECK(load(enough.storage, "a").size() == 1);
}

TEST_CASE("more events than were asked for are refused") {
  Scripted scripted;
  scripted.client.answers_with(page_of({stored_item(1), stored_item(2)}));
  CHECK_THROWS_AS(load(scripted.storage, "a", {.limit = 1}), StorageError);
}

TEST_CASE("answers that are JSON but no answers are refused") {
  for (const std::string answer :
       {"{}", R"({"Items":{}})", R"({"Items":[1]})", R"({"Items":[[]]})", R"({"Items":[{})", R"({"Items":[{"a":1}]})",
        R"({"Items":null})", R"({"Items":[{}]})", R"({"Items":[]}x)", R"({"Items":[]}{})",
        R"({"Items":[],"LastEvaluatedKey":"x"})", R"({"LastEvaluatedKey":[],"Items":[]})",
        R"({"Items":[],"LastEvaluatedKey":true})"}) {
    CAPTURE(answer);
    Scripted scripted{{.retry = quick_retries(1)}};
    scripted.client.then([answer] { return answer; }).then([answer] { return answer; });
    CHECK_THROWS_AS(load(scripted.storage, "a"), StorageError);
    CHECK_THROWS_AS(scripted.storage.list_aggregate_ids("POKEMONS", {}), StorageError);
  }
}

TEST_CASE("attribute values nested very deep are refused") {
  for (const std::size_t depth : {std::size_t{65}, std::size_t{100'000}}) {
    const auto nested = [depth](const std::string& open, const std::string& close) {
      std::string text;
      for (std::size_t level = 0; level < depth; ++level) text += open;
      text += R"({"N":"1"})";
      for (std::size_t level = 0; level < depth; ++level) text += close;
      return text;
    };
    for (const std::string& payload : {nested(R"({"L":[)", "]}"), nested(R"({"M":{"a":)", "}}"),
                                       R"({"SS":)" + nested("[", "]") + "}", R"({"NS":[)" + nested("[", "]") + "]}",
                                       R"({"S":)" + nested("[", "]") + "}", R"({"NULL":)" + nested("[", "]") + "}"}) {
      Scripted scripted;
      const std::string item = stored_item(1).dump();
      scripted.client.then([&] {
        return R"({"Items":[)" + item.substr(0, item.find(R"("payload")")) + R"("payload":)" + payload +
               item.substr(item.find(R"(,"timestamp")")) + "]}";
      });
      CHECK(error_of<DynamoDbDamagedItemError>([&] { load(scripted.storage, "a"); }).attribute() == "payload");
    }
  }
}

TEST_CASE("a page token from anywhere is understood or refused") {
  Scripted scripted;
  scripted.client.answers_with(page_of({stored_entry("a"), stored_entry("b")}));
  const std::string good = *scripted.storage.list_aggregate_ids("POKEMONS", {.limit = 1}).next_page_token;
  const auto with_member = [&](const char* name, const Json& value) {
    Json token = Json::parse(good);
    token[name] = value;
    return token.dump();
  };
  Json key = Json::parse(good)["lastEvaluatedKey"];
  const std::string bad[] = {"",
                             "{}",
                             "[]",
                             good.substr(0, good.size() - 1),
                             good + '\0',
                             good + std::string{"\0{}", 3},
                             good + std::string(40'000, ' '),
                             std::string(20'000, '['),
                             with_member("limit", -1),
                             with_member("limit", 1.5),
                             with_member("reverse", 1),
                             with_member("initialEventAfter", 1),
                             with_member("initialEventBefore", Json::object()),
                             with_member("lastEvaluatedKey", nullptr),
                             with_member("lastEvaluatedKey", with(key, "version", number_value(2))),
                             with_member("lastEvaluatedKey", with(key, "version", text_value("1"))),
                             with_member("lastEvaluatedKey", with(key, "eventStoreId", text_value("TRAINERS"))),
                             with_member("lastEvaluatedKey", with(key, "aggregateId", text_value("TRAINERS#a"))),
                             with_member("lastEvaluatedKey", without(key, "timestamp")),
                             with_member("lastEvaluatedKey", with(key, "more", text_value("")))};
  for (const std::string& token : bad) {
    CAPTURE(token.substr(0, 100));
    CHECK(error_of<InvalidPageTokenError>([&] {
            scripted.storage.list_aggregate_ids("POKEMONS", {.page_token = token});
          }).page_token() == token);
  }
  CHECK(scripted.client.requests.size() == 1);
}

TEST_CASE("payloads that are more than one JSON value are refused before anything is sent") {
  Scripted scripted;
  const std::string texts[] = {std::string{"{\"n\":1}\0,\"n\":2} and anything", 28},
                               std::string{"\0", 1},
                               std::string{"1\0", 2},
                               std::string{"\"a\0b\"", 5},
                               "{} {}",
                               "1 2",
                               "{}x"};
  for (const std::string& text : texts) {
    CHECK_THROWS_AS(push(scripted.storage, event("a", 1, text)), InvalidEventError);
    CHECK_THROWS_AS(push(scripted.storage, event("a", 1, "{}", text)), InvalidEventError);
    CHECK_THROWS_AS(push(scripted.storage, event("b", 1), event("a", 1, text)), InvalidEventError);
    std::string request;
    CHECK(error_of<InvalidEventError>([&] {
            detail::AttributeWriter{request, "payload"}.append(text);
          }).field() == "payload");
  }
  CHECK(scripted.client.requests.empty());
}

TEST_CASE("the id that is too long for a key is named") {
  Scripted scripted;
  const auto field_of = [&](std::size_t store_size, std::size_t aggregate_size) {
    PushRecord record = event(std::string(aggregate_size, 'a'), 1);
    const std::string store(store_size, 'S');
    record.event_store_id = store;
    return error_of<InvalidEventError>([&] { push(scripted.storage, record); }).field();
  };
  CHECK(field_of(3'000, 1) == "event_store_id");
  CHECK(field_of(2'048, 1) == "event_store_id");
  CHECK(field_of(2'047, 1) == "event_store_id");
  CHECK(field_of(1'500, 600) == "event_store_id");
  CHECK(field_of(600, 1'500) == "aggregate_id");
  CHECK(field_of(8, 2'040) == "aggregate_id");
  CHECK(field_of(8, 3'000) == "aggregate_id");
  for (const std::size_t size : {2'048U, 3'000U}) {
    CHECK(error_of<InvalidEventError>([&] {
            scripted.storage.list_aggregate_ids(std::string(size, 'S'), {});
          }).field() == "event_store_id");
  }
  CHECK(scripted.client.requests.empty());
  scripted.client.answers_with(Json::object()).answers_with(Json::object());
  CHECK(push(scripted.storage, event(std::string(2'039, 'a'), 1)) == PushOutcome{});
  PushRecord record = event("", 1);
  const std::string store(2'047, 'S');
  record.event_store_id = store;
  CHECK(push(scripted.storage, record) == PushOutcome{});
}

}  // namespace
