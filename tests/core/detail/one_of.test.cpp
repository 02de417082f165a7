// SPDX-License-Identifier: MIT
#include <castore/core/detail/one_of.hpp>

#include "support/catch.hpp"

#include <concepts>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace one_of_tests {

/// Knows how many of its kind live.
template <int number>
struct Counted {
  static inline int living = 0;

  explicit Counted(std::string text_) : text{std::move(text_)} { ++living; }
  Counted(const Counted& other) : text{other.text} { ++living; }
  Counted(Counted&& other) noexcept : text{std::move(other.text)} { ++living; }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --living; }

  std::string text;
};
using First = Counted<1>;
using Second = Counted<2>;
using Both = castore::detail::OneOf<First, Second>;

std::string text_of(const Both& value) {
  std::string text = "nothing";
  value.visit([&text](const auto& one) { text = one.text; });
  return text;
}

TEST_CASE("an object of several types is made, copied, moved, assigned and destroyed as the one that it is") {
  {
    Both value{std::in_place_type<Second>, "two"};
    CHECK(value.holds<Second>());
    CHECK_FALSE(value.holds<First>());
    CHECK(value.get<Second>().text == "two");
    First from{"one"};
    Both other{Both::Source{from}};
    CHECK(from.text.empty());
    CHECK(text_of(other) == "one");

    Both copy{value};
    CHECK(text_of(copy) == "two");
    CHECK(Second::living == 2);
    const Both moved{std::move(copy)};
    CHECK(text_of(moved) == "two");
    value = other;
    CHECK(text_of(value) == "one");
    CHECK(First::living == 3);
    CHECK(Second::living == 2);
    const Both& same = value;
    value = same;
    CHECK(text_of(value) == "one");
    value = Both{std::in_place_type<Second>, "three"};
    CHECK(text_of(value) == "three");
  }
  CHECK(First::living == 0);
  CHECK(Second::living == 0);
}

struct Throwing {
  Throwing() = default;
  Throwing(Throwing&&) { throw std::runtime_error{"no"}; }
};

TEST_CASE("an object whose move failed is empty, and may be assigned to again") {
  using Value = castore::detail::OneOf<Throwing, Second>;
  STATIC_REQUIRE_FALSE(std::copy_constructible<Value>);
  STATIC_REQUIRE_FALSE(std::is_nothrow_move_constructible_v<Value>);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Both>);
  Value value{std::in_place_type<Second>, "two"};
  CHECK_THROWS_AS((value = Value{std::in_place_type<Throwing>}), std::runtime_error);
  CHECK(Second::living == 0);
  CHECK_FALSE(value.holds<Second>());
  CHECK_FALSE(value.holds<Throwing>());
  value = Value{std::in_place_type<Second>, "again"};
  CHECK(value.get<Second>().text == "again");
}

TEST_CASE("objects that cannot be copied are moved") {
  using Value = castore::detail::OneOf<int, std::unique_ptr<int>>;
  STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<Value>);
  Value value{std::in_place_type<std::unique_ptr<int>>, std::make_unique<int>(3)};
  Value moved{std::move(value)};
  CHECK(*moved.get<std::unique_ptr<int>>() == 3);
}

}  // namespace one_of_tests
