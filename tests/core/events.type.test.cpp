// SPDX-License-Identifier: MIT
#include <castore/core/events.hpp>
#include "support/catch.hpp"

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

using castore::Event;
using castore::EventDetail;
using castore::Events;

namespace events_type_test {

struct A {
  static constexpr std::string_view type = "A";
};
struct B {
  static constexpr std::string_view type = "B";
  std::unique_ptr<int> value;
};
struct C {
  static constexpr std::string_view type = "C";
  int incomparable = 0;
};
struct Other {
  static constexpr std::string_view type = "OTHER";
};
using AnyOfTwo = Event<Events<A, B>>;

template <class Payload, class Owner>
concept CanGetIf = requires(Owner&& owner) { std::forward<Owner>(owner).template get_if<Payload>(); };

}  // namespace events_type_test

using namespace events_type_test;

TEST_CASE("a list of events knows its size and what it contains") {
  STATIC_REQUIRE(Events<A, B>::size == 2);
  STATIC_REQUIRE(Events<A, B>::contains<A>);
  STATIC_REQUIRE(Events<A, B>::contains<B>);
  STATIC_REQUIRE_FALSE(Events<A, B>::contains<Other>);
  STATIC_REQUIRE_FALSE(Events<A, B>::contains<const A>);
}

TEST_CASE("an event is made from the details of its types and from nothing else") {
  STATIC_REQUIRE(std::is_convertible_v<EventDetail<A>, AnyOfTwo>);
  STATIC_REQUIRE(std::is_convertible_v<const EventDetail<A>&, AnyOfTwo>);
  STATIC_REQUIRE(std::is_convertible_v<EventDetail<A>&, AnyOfTwo>);
  STATIC_REQUIRE(std::is_convertible_v<EventDetail<B>, AnyOfTwo>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<AnyOfTwo, EventDetail<Other>>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<AnyOfTwo, A>);
  STATIC_REQUIRE_FALSE(std::is_default_constructible_v<AnyOfTwo>);
  STATIC_REQUIRE(std::same_as<AnyOfTwo::Variant, std::variant<EventDetail<A>, EventDetail<B>>>);
}

TEST_CASE("an event copies and compares when all of its payloads do") {
  STATIC_REQUIRE(std::copyable<Event<Events<A>>>);
  STATIC_REQUIRE(std::movable<AnyOfTwo>);
  STATIC_REQUIRE_FALSE(std::copy_constructible<AnyOfTwo>);
  STATIC_REQUIRE(std::equality_comparable<Event<Events<A>>>);
  STATIC_REQUIRE_FALSE(std::equality_comparable<Event<Events<A, C>>>);
}

TEST_CASE("get_if gives a pointer into an event that stays and refuses one that goes") {
  STATIC_REQUIRE(CanGetIf<A, AnyOfTwo&>);
  STATIC_REQUIRE(CanGetIf<A, const AnyOfTwo&>);
  STATIC_REQUIRE_FALSE(CanGetIf<A, AnyOfTwo>);
  STATIC_REQUIRE_FALSE(CanGetIf<A, const AnyOfTwo>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<AnyOfTwo&>().get_if<A>()), const EventDetail<A>*>);
}

TEST_CASE("the accessors of an event have the types that the design says") {
  using E = const AnyOfTwo&;
  STATIC_REQUIRE(std::same_as<decltype(std::declval<E>().aggregate_id()), const std::string&>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<E>().version()), castore::Version>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<E>().timestamp()), castore::Timestamp>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<E>().type()), std::string_view>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<AnyOfTwo>().variant()), AnyOfTwo::Variant>);
}

TEST_CASE("visit returns what the functions return") {
  const auto number = [](const auto&) { return 1; };
  const auto text = [](const EventDetail<A>& detail) -> const std::string& { return detail.aggregate_id; };
  const auto text_of_b = [](const EventDetail<B>& detail) -> const std::string& { return detail.aggregate_id; };
  STATIC_REQUIRE(std::same_as<decltype(std::declval<AnyOfTwo&>().visit(number)), int>);
  STATIC_REQUIRE(std::same_as<decltype(std::declval<AnyOfTwo&>().visit(text, text_of_b)), const std::string&>);
}
