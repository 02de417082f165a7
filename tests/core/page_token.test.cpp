// SPDX-License-Identifier: MIT
#include <castore/core/page_token.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

using castore::AggregateIdEntry;
using castore::InvalidPageTokenError;
using castore::ListAggregateIdsOptions;
using castore::make_page_token;
using castore::PageRequest;
using castore::resolve_page_request;
using castore::Timestamp;
using castore_tests::at;
using castore_tests::error_of;
using namespace std::string_literals;

namespace {

bool is_refused(const std::string& token) {
  const auto error = error_of<InvalidPageTokenError>([&] { resolve_page_request({.page_token = token}); });
  return error.page_token() == token;
}

/// FNV-1a by its published definition, to make up tokens whose checksum is right.
std::string with_checksum(std::string_view body) {
  std::uint64_t hash = 0x811c9dc5;
  for (const char character : body) {
    hash ^= static_cast<unsigned char>(character);
    hash = hash * 0x01000193 % 0x1'0000'0000;
  }
  return "castore1;" + std::to_string(hash) + ";" + std::string{body};
}

}  // namespace

TEST_CASE("a page token brings back all options and the last entry") {
  for (const std::string& id : {"pikachu"s, ""s, "a;b;1;2"s, "Pok\u00E9mon #1 \"\n"s, std::string(1000, ';')}) {
    const PageRequest request{.limit = 7,
                              .initial_event_after = at(-5),
                              .initial_event_before = at(5),
                              .reverse = true};
    const AggregateIdEntry last{id, at(3)};
    const PageRequest next = resolve_page_request({.page_token = make_page_token(request, last)});
    CHECK(next.limit == 7U);
    CHECK(next.initial_event_after == at(-5));
    CHECK(next.initial_event_before == at(5));
    CHECK(next.reverse);
    CHECK(next.last == last);
  }
}

TEST_CASE("a page token brings back that options were not given") {
  const AggregateIdEntry last{"pikachu", castore::earliest_timestamp};
  const PageRequest next = resolve_page_request({.page_token = make_page_token({}, last)});
  CHECK(next.limit == std::nullopt);
  CHECK(next.initial_event_after == std::nullopt);
  CHECK(next.initial_event_before == std::nullopt);
  CHECK_FALSE(next.reverse);
  CHECK(next.last == last);
}

TEST_CASE("without a page token the request is what the options say") {
  const PageRequest nothing = resolve_page_request({});
  CHECK(nothing.limit == std::nullopt);
  CHECK(nothing.initial_event_after == std::nullopt);
  CHECK(nothing.initial_event_before == std::nullopt);
  CHECK_FALSE(nothing.reverse);
  CHECK(nothing.last == std::nullopt);

  const PageRequest all = resolve_page_request(
      {.limit = 0, .initial_event_after = at(1), .initial_event_before = at(2), .reverse = true});
  CHECK(all.limit == 0U);
  CHECK(all.initial_event_after == at(1));
  CHECK(all.initial_event_before == at(2));
  CHECK(all.reverse);
  CHECK(all.last == std::nullopt);
}

TEST_CASE("an option that is given wins over the one in the page token") {
  const std::string token = make_page_token(
      {.limit = 7, .initial_event_after = at(-5), .initial_event_before = at(5), .reverse = true}, {"a", at(0)});

  const PageRequest limit = resolve_page_request({.limit = 2, .page_token = token});
  CHECK(limit.limit == 2U);
  CHECK(limit.initial_event_after == at(-5));
  CHECK(limit.reverse);

  const PageRequest others = resolve_page_request(
      {.page_token = token, .initial_event_after = at(-4), .initial_event_before = at(4), .reverse = false});
  CHECK(others.limit == 7U);
  CHECK(others.initial_event_after == at(-4));
  CHECK(others.initial_event_before == at(4));
  CHECK_FALSE(others.reverse);
  CHECK(others.last == AggregateIdEntry{"a", at(0)});
}

TEST_CASE("bounds outside of all events select the same and still make a page token that is accepted") {
  const PageRequest widest = resolve_page_request({.limit = std::numeric_limits<std::size_t>::max(),
                                                   .initial_event_after = Timestamp::min(),
                                                   .initial_event_before = Timestamp::max()});
  CHECK(widest.initial_event_after == castore::earliest_timestamp);
  CHECK(widest.initial_event_before == castore::latest_timestamp);
  const PageRequest next = resolve_page_request({.page_token = make_page_token(widest, {"a", at(0)})});
  CHECK(next.limit == std::numeric_limits<std::size_t>::max());
  CHECK(next.initial_event_after == castore::earliest_timestamp);
  CHECK(next.initial_event_before == castore::latest_timestamp);
}

TEST_CASE("a page token that was cut anywhere is refused") {
  const std::string token = make_page_token({.limit = 7, .initial_event_after = at(-5)}, {"pikachu", at(0)});
  for (std::size_t size = 0; size < token.size(); ++size) {
    CAPTURE(size);
    CHECK(is_refused(token.substr(0, size)));
    CHECK(is_refused(token.substr(token.size() - size)));
  }
}

TEST_CASE("a page token with a changed or an added character anywhere is refused") {
  const std::string token = make_page_token({.limit = 7, .initial_event_after = at(-5)}, {"pikachu", at(0)});
  for (std::size_t place = 0; place < token.size(); ++place) {
    CAPTURE(place);
    for (const char other : {'0', '9', ';', 'x', '\0', '\xFF'}) {
      std::string changed = token;
      changed[place] = other;
      if (other != token[place]) CHECK(is_refused(changed));
      CHECK(is_refused(token.substr(0, place) + other + token.substr(place)));
    }
  }
  CHECK(is_refused(token + " "));
}

TEST_CASE("a made-up page token is refused whatever its fields hold") {
  const std::string right = with_checksum("7;-5;5;1;3;pikachu");
  REQUIRE(right == make_page_token({.limit = 7,
                                    .initial_event_after = Timestamp{std::chrono::milliseconds{-5}},
                                    .initial_event_before = Timestamp{std::chrono::milliseconds{5}},
                                    .reverse = true},
                                   {"pikachu", Timestamp{std::chrono::milliseconds{3}}}));
  REQUIRE(resolve_page_request({.page_token = right}).limit == 7U);

  for (const std::string& body :
       {""s, ";"s, ";;;;"s, ";;;0"s, ";;;0;3"s, "-1;;;0;3;a"s, "+1;;;0;3;a"s, "1e3;;;0;3;a"s, "1.5;;;0;3;a"s,
        "99999999999999999999;;;0;3;a"s, "x;;;0;3;a"s, ";x;;0;3;a"s, ";;x;0;3;a"s, ";;;;3;a"s, ";;;2;3;a"s,
        ";;;true;3;a"s, ";;;00;3;a"s, ";;;0;;a"s, ";;;0;x;a"s, ";;;0;9223372036854775807;a"s,
        ";;;0;9223372036854775808;a"s, ";;;0;-62167219200001;a"s, ";;;0;253402300800000;a"s,
        ";-62167219200001;;0;3;a"s, ";;253402300800000;0;3;a"s, ";;;0;3;a\0"s, ";;;0;3;\xFF"s,
        ";;;0;3;\xED\xA0\x80"s}) {
    CAPTURE(body);
    CHECK(is_refused(with_checksum(body)));
  }
  for (const std::string& token :
       {""s, "castore1"s, "castore1;"s, "castore1;;"s, "castore2;"s + right.substr(9), right.substr(9), "{}"s, "null"s,
        "{\"limit\":1}"s, "castore1;18446744073709551616;;;;0;3;a"s, "castore1;-1;;;;0;3;a"s,
        std::string(1'000'000, ';')}) {
    CHECK(is_refused(token));
  }
}

TEST_CASE("the error about a page token shows it in a readable form") {
  const auto error = error_of<InvalidPageTokenError>([] { resolve_page_request({.page_token = "bad\n\0token"s}); });
  CHECK(error.page_token() == "bad\n\0token"s);
  CHECK(error.what() ==
        "castore: 'bad\\x0A\\x00token' is not a page token of list_aggregate_ids; pass next_page_token of the previous "
        "page unchanged"s);
}
