// SPDX-License-Identifier: MIT
#include <castore/core/errors.hpp>
#include "support/catch.hpp"

#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

using namespace std::string_literals;

TEST_CASE("every error is a castore Error and a std runtime_error that can be copied") {
  const auto check = []<class... Errors>(std::type_identity<Errors>...) {
    return ((std::derived_from<Errors, castore::Error> && std::is_copy_constructible_v<Errors>)&&...);
  };
  STATIC_REQUIRE(std::derived_from<castore::Error, std::runtime_error>);
  STATIC_REQUIRE(
      check(std::type_identity<castore::EventAlreadyExistsError>{}, std::type_identity<castore::VersionGapError>{},
            std::type_identity<castore::AggregateNotFoundError>{},
            std::type_identity<castore::UndefinedEventStorageAdapterError>{},
            std::type_identity<castore::InvalidEventError>{}, std::type_identity<castore::InvalidPageTokenError>{},
            std::type_identity<castore::EventEncodeError>{}, std::type_identity<castore::EventDecodeError>{},
            std::type_identity<castore::UnknownEventTypeError>{}, std::type_identity<castore::OnEventPushedError>{},
            std::type_identity<castore::StorageError>{}));
}

TEST_CASE("what an error says is one bounded line that a terminal may show, whatever went into it") {
  const std::string foreign = "\x1B[2J\r\nERROR \u202Eforged\u009B\xFF" + std::string(100'000, 'x') + "\u200B";
  const auto check = [&](const castore::Error& error, std::size_t longest = 2'000) {
    const std::string_view what = error.what();
    CAPTURE(what);
    for (const char* raw : {"\x1B", "\r", "\n", "\u202E", "\u009B", "\xFF", "\u200B"})
      CHECK(what.find(raw) == what.npos);
    CHECK(what.find("\\x1B[2J\\x0D\\x0AERROR \\xE2\\x80\\xAEforged\\xC2\\x9B\\xFFxxx") != what.npos);
    CHECK(what.size() < longest);
  };
  check(castore::EventAlreadyExistsError{foreign, foreign, 3});
  check(castore::VersionGapError{foreign, foreign, 5, 3});
  check(castore::AggregateNotFoundError{foreign, foreign});
  check(castore::UndefinedEventStorageAdapterError{foreign});
  check(castore::InvalidEventError{"type", foreign});
  check(castore::InvalidEventError{foreign, "is wrong"});
  check(castore::InvalidPageTokenError{foreign});
  check(castore::EventEncodeError{foreign, foreign, 2, foreign, foreign});
  check(castore::EventDecodeError{foreign, foreign, 2, foreign, foreign});
  check(castore::UnknownEventTypeError{foreign, foreign, 2, foreign});
  check(castore::OnEventPushedError{foreign, foreign, 2});
  check(castore::StorageError{foreign}, 9'000);  // it knows nothing of its parts
}

TEST_CASE("EventAlreadyExistsError names the event and says what to do") {
  const castore::EventAlreadyExistsError error{"POKEMONS", "pika\nchu", 3};
  CHECK(error.event_store_id() == "POKEMONS");
  CHECK(error.aggregate_id() == "pika\nchu");
  CHECK(error.version() == 3);
  CHECK(error.what() ==
        "castore: event 3 of aggregate 'pika\\x0Achu' in event store 'POKEMONS' already exists; load the aggregate "
        "again and decide again (a Command does this)"s);
}

TEST_CASE("VersionGapError names the event and the version that would have been right") {
  const castore::VersionGapError error{"POKEMONS", "pikachu", 5, 3};
  CHECK(error.event_store_id() == "POKEMONS");
  CHECK(error.aggregate_id() == "pikachu");
  CHECK(error.version() == 5);
  CHECK(error.expected_version() == 3);
  CHECK(error.what() ==
        "castore: event 5 of aggregate 'pikachu' in event store 'POKEMONS' would leave a gap; push version 3 next"s);
}

TEST_CASE("AggregateNotFoundError names the aggregate and its store") {
  const castore::AggregateNotFoundError error{"POKEMONS", "pikachu"};
  CHECK(error.event_store_id() == "POKEMONS");
  CHECK(error.aggregate_id() == "pikachu");
  CHECK(error.what() == "castore: there is no aggregate 'pikachu' in event store 'POKEMONS'"s);
}

TEST_CASE("UndefinedEventStorageAdapterError names the store and says what to do") {
  const castore::UndefinedEventStorageAdapterError error{"POKEMONS"};
  CHECK(error.event_store_id() == "POKEMONS");
  CHECK(error.what() ==
        "castore: event store 'POKEMONS' has no event storage adapter; give it one in its constructor or by "
        "set_event_storage_adapter"s);
}

TEST_CASE("InvalidEventError names the wrong field") {
  const castore::InvalidEventError error{"version", "0 is not a version"};
  CHECK(error.field() == "version");
  CHECK(error.what() == "castore: version: 0 is not a version"s);
}

TEST_CASE("InvalidPageTokenError carries the token as it was received") {
  const castore::InvalidPageTokenError error{std::string(300, 'x')};
  CHECK(error.page_token() == std::string(300, 'x'));
  CHECK(error.what() ==
        "castore: '" + std::string(200, 'x') +
            "... (300 bytes)' is not a page token of list_aggregate_ids; pass next_page_token of the previous page "
            "unchanged");
}

TEST_CASE("EventEncodeError and EventDecodeError name the event with its type and the reason") {
  const castore::EventEncodeError encode{"POKEMONS", "pikachu", 2, "APPEARED", "no NaN"};
  CHECK(encode.event_store_id() == "POKEMONS");
  CHECK(encode.aggregate_id() == "pikachu");
  CHECK(encode.version() == 2);
  CHECK(encode.type() == "APPEARED");
  CHECK(encode.what() ==
        "castore: cannot encode event 2 of aggregate 'pikachu' in event store 'POKEMONS' (type 'APPEARED'): no NaN"s);

  const castore::EventDecodeError decode{"POKEMONS", "pikachu", 2, "APPEARED", "no name"};
  CHECK(decode.event_store_id() == "POKEMONS");
  CHECK(decode.aggregate_id() == "pikachu");
  CHECK(decode.version() == 2);
  CHECK(decode.type() == "APPEARED");
  CHECK(decode.what() ==
        "castore: cannot decode event 2 of aggregate 'pikachu' in event store 'POKEMONS' (type 'APPEARED'): no name"s);
}

TEST_CASE("UnknownEventTypeError names the event with its type and says what to do") {
  const castore::UnknownEventTypeError error{"POKEMONS", "pikachu", 2, "EVOLVED"};
  CHECK(error.event_store_id() == "POKEMONS");
  CHECK(error.aggregate_id() == "pikachu");
  CHECK(error.version() == 2);
  CHECK(error.type() == "EVOLVED");
  CHECK(error.what() ==
        "castore: event 2 of aggregate 'pikachu' in event store 'POKEMONS' (type 'EVOLVED') has a type that is not "
        "among the store's Events; add its payload type to them"s);
}

TEST_CASE("OnEventPushedError names the event that is stored and must not be pushed again") {
  const castore::OnEventPushedError error{"POKEMONS", "pikachu", 2};
  CHECK(error.event_store_id() == "POKEMONS");
  CHECK(error.aggregate_id() == "pikachu");
  CHECK(error.version() == 2);
  CHECK(error.what() ==
        "castore: event 2 of aggregate 'pikachu' in event store 'POKEMONS' is stored, but on_event_pushed failed "
        "afterwards; do not push it again"s);
}

TEST_CASE("StorageError says whether a retry may help") {
  CHECK_FALSE(castore::StorageError{"disk full"}.retryable());
  CHECK(castore::StorageError{"locked", true}.retryable());
  CHECK(castore::StorageError{"disk full"}.what() == "castore: disk full"s);
}

TEST_CASE("StorageError says whether a push that failed may have been done") {
  using Outcome = castore::StorageError::Outcome;
  CHECK(castore::StorageError{"disk full"}.outcome() == Outcome::not_done);
  CHECK(castore::StorageError{"disk full", true}.outcome() == Outcome::not_done);
  CHECK(castore::StorageError{"broken", false, Outcome::unknown}.outcome() == Outcome::unknown);
}
