// SPDX-License-Identifier: MIT
#include <castore/core/reducer.hpp>
#include "core/support.hpp"
#include "support/catch.hpp"

#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using castore::EventDetail;
using castore::EventInfo;
using castore::Version;
using castore_tests::at;
using castore_tests::error_of;

namespace {

struct Opened {
  static constexpr std::string_view type = "OPENED";
  struct Metadata {
    std::string by;
  };
  int pages = 0;
};
struct Read {
  static constexpr std::string_view type = "READ";
  int pages = 0;
};
struct Closed {
  static constexpr std::string_view type = "CLOSED";
};
using BookEvents = castore::Events<Opened, Read, Closed>;
using BookEvent = castore::Event<BookEvents>;

struct Book : castore::Aggregate {
  int pages = 0;
  std::vector<std::string> log;
};

/// What a reducer got to know, written down.
std::string line(const auto& book, const auto& info) {
  return std::string{info.aggregate_id} + " " + std::to_string(info.version) + " " +
         std::to_string((info.timestamp - at(0)).count()) + " seen " + book.aggregate_id + " " +
         std::to_string(book.version);
}

struct PureReducer {
  Book operator()(Book book, const Opened& event, const EventInfo<Opened>& info) const {
    book.pages = event.pages;
    book.log.push_back(line(book, info) + " by " + info.metadata.by);
    return book;
  }
  Book operator()(Book book, const Read& event) const {
    book.pages += event.pages;
    return book;
  }
  Book operator()(Book book, const Closed&, const EventInfo<Closed>& info) const {
    book.log.push_back(line(book, info));
    return book;
  }
};

struct InPlaceReducer {
  void operator()(Book& book, const Opened& event, const EventInfo<Opened>& info) const {
    book.pages = event.pages;
    book.log.push_back(line(book, info) + " by " + info.metadata.by);
  }
  void operator()(Book& book, const Read& event) const { book.pages += event.pages; }
  void operator()(Book& book, const Closed&, const EventInfo<Closed>& info) const {
    book.log.push_back(line(book, info));
  }
};

/// Forgets the header of its aggregate, by value and by reference.
struct ForgetfulReducer {
  Book operator()(const Book&, const Opened& event) const {
    Book fresh;
    fresh.pages = event.pages;
    return fresh;
  }
  void operator()(Book& book, const Read& event) const {
    book = Book{};
    book.pages = event.pages;
  }
  Book operator()(Book book, const Closed&) const {
    book.aggregate_id = "another";
    book.version = 99;
    return book;
  }
};

std::vector<BookEvent> history() {
  return {EventDetail<Opened>{"dune", 1, at(10), {5}, {"paul"}}, EventDetail<Read>{"dune", 2, at(20), {3}, {}},
          EventDetail<Closed>{"dune", 3, at(30), {}, {}}};
}

template <class Reducer>
std::optional<Book> build(const std::vector<BookEvent>& events, std::optional<Book> seed = {}) {
  return castore::build_aggregate<Book>(Reducer{}, std::span<const BookEvent>{events}, std::move(seed));
}

}  // namespace

TEMPLATE_TEST_CASE("a reducer sees the state before the event and everything about the event", "", PureReducer,
                   InPlaceReducer) {
  const std::optional<Book> book = build<TestType>(history());
  REQUIRE(book);
  CHECK(book->aggregate_id == "dune");
  CHECK(book->version == 3);
  CHECK(book->pages == 8);
  CHECK(book->log == std::vector<std::string>{"dune 1 10 seen dune 0 by paul", "dune 3 30 seen dune 2"});
}

TEMPLATE_TEST_CASE("an aggregate is built on from where it stood", "", PureReducer, InPlaceReducer) {
  const std::vector<BookEvent> events = history();
  const std::optional<Book> before = build<TestType>({events[0], events[1]});
  const std::optional<Book> after = build<TestType>({events[2]}, before);
  REQUIRE(after);
  CHECK(after->version == 3);
  CHECK(after->pages == 8);
  CHECK(after->log == std::vector<std::string>{"dune 1 10 seen dune 0 by paul", "dune 3 30 seen dune 2"});
}

TEST_CASE("without events there is no aggregate but the one to start from") {
  CHECK(build<PureReducer>({}) == std::nullopt);
  Book seed;
  seed.aggregate_id = "dune";
  seed.version = 7;
  const std::optional<Book> same = build<PureReducer>({}, seed);
  REQUIRE(same);
  CHECK(same->aggregate_id == "dune");
  CHECK(same->version == 7);
}

TEST_CASE("the library keeps id and version whatever a reducer does to them") {
  const std::vector<BookEvent> events = history();
  for (std::size_t size = 1; size <= events.size(); ++size) {
    const std::optional<Book> book = build<ForgetfulReducer>({events.begin(), events.begin() + static_cast<long>(size)});
    REQUIRE(book);
    CHECK(book->aggregate_id == "dune");
    CHECK(book->version == static_cast<Version>(size));
  }
  CHECK(build<ForgetfulReducer>(events)->pages == 3);
}

TEST_CASE("what a reducer throws passes through") {
  struct Refuses {
    Book operator()(Book, const Opened&) const { throw std::domain_error{"no more books"}; }
    void operator()(Book&, const Read&) const {}
    void operator()(Book&, const Closed&) const {}
  };
  CHECK(error_of<std::domain_error>([] { build<Refuses>(history()); }).what() == std::string{"no more books"});
}

TEST_CASE("an aggregate that can only be moved is built") {
  struct Parcel : castore::Aggregate {
    std::unique_ptr<int> weight = std::make_unique<int>(0);
  };
  struct ParcelReducer {
    Parcel operator()(Parcel parcel, const Read& event) const {
      *parcel.weight += event.pages;
      return parcel;
    }
  };
  using ParcelEvent = castore::Event<castore::Events<Read>>;
  const std::vector<ParcelEvent> events = {EventDetail<Read>{"p", 1, at(0), {2}, {}},
                                           EventDetail<Read>{"p", 2, at(0), {3}, {}}};
  const auto parcel = castore::build_aggregate<Parcel>(ParcelReducer{}, std::span<const ParcelEvent>{events});
  REQUIRE(parcel);
  CHECK(*parcel->weight == 5);
  CHECK(parcel->version == 2);
}
