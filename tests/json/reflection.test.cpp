// SPDX-License-Identifier: MIT
#include <castore/reflection.hpp>
#include "support/catch.hpp"

#include <castore/json/field_names.hpp>

#include <array>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using castore::detail::FieldAt;
using castore::detail::json_name;

namespace reflection_test {

struct Caught {
  static constexpr std::string_view type = "CAUGHT";
  std::string trainer_id;
  int level = 1;
  const int constant = 2;
  int x = 3;
  static constexpr auto json_case = castore::JsonCase::camel;
  static constexpr auto json_names = castore::rename(&Caught::constant, "fixed_one", &Caught::x, "");
  static constexpr auto added_fields = castore::fields(&Caught::level, &Caught::constant);
};
struct Empty {};
struct WithUnion {
  int before = 0;
  union {
    int number;
    float other;
  };
};
union Number {
  int number;
  float other;
};
struct WithNamedUnion {
  Number number;
};
struct Base {
  int of_base = 0;
};
struct Derived : Base {
  int own = 0;
};
struct Camel {
  int plain, two_words, three_small_words, with_1_digit, _leading, trailing_, a__b, already_Upper, _, x_;
  static constexpr auto json_case = castore::JsonCase::camel;
};

}  // namespace reflection_test

using namespace reflection_test;

TEST_CASE("the fields of a struct are counted, named and visited in their order") {
  STATIC_REQUIRE(castore::field_count<Caught> == 4);
  STATIC_REQUIRE(castore::field_names<const Caught> ==
                 std::array<std::string_view, 4>{"trainer_id", "level", "constant", "x"});
  STATIC_REQUIRE(castore::field_count<Empty> == 0);
  Caught caught{.trainer_id = "ash"};
  std::string text;
  castore::for_each_field(caught, [&text]<class Field>(std::string_view name, Field& field) {
    text += std::string{name} + (std::is_const_v<Field> ? " const " : " ");
    if constexpr (std::same_as<Field, int>) field *= 10;
  });
  CHECK(text == "trainer_id level constant const x ");
  CHECK(caught.level == 10);
  CHECK(caught.x == 30);
  const Caught& constant = caught;
  int sum = 0;
  castore::for_each_field(constant, [&sum](std::string_view, const auto& field) {
    if constexpr (std::same_as<std::remove_cvref_t<decltype(field)>, int>) sum += field;
  });
  CHECK(sum == 42);
  castore::for_each_field(Caught{}, [](std::string_view, auto&&) {});
}

TEST_CASE("what cannot be reflected says so as a concept") {
  STATIC_REQUIRE(castore::Reflectable<Caught>);
  STATIC_REQUIRE(castore::Reflectable<const Caught&>);
  STATIC_REQUIRE(castore::Reflectable<Empty>);
  STATIC_REQUIRE_FALSE(castore::Reflectable<WithUnion>);
  STATIC_REQUIRE_FALSE(castore::Reflectable<WithNamedUnion>);
  STATIC_REQUIRE_FALSE(castore::Reflectable<Derived>);
  STATIC_REQUIRE_FALSE(castore::Reflectable<std::string>);
  STATIC_REQUIRE_FALSE(castore::Reflectable<int>);
}

TEST_CASE("a pointer to a member finds its field, among fields of the same type") {
  STATIC_REQUIRE(FieldAt<Caught, 1>::is_at(&Caught::level));
  STATIC_REQUIRE_FALSE(FieldAt<Caught, 3>::is_at(&Caught::level));
  STATIC_REQUIRE(FieldAt<Caught, 2>::is_at(&Caught::constant));
  STATIC_REQUIRE_FALSE(FieldAt<Caught, 0>::is_at(&Caught::level));
  STATIC_REQUIRE(castore::detail::is_added_field<FieldAt<Caught, 2>>());
  STATIC_REQUIRE_FALSE(castore::detail::is_added_field<FieldAt<Caught, 3>>());
}

TEST_CASE("names in JSON are those of the struct, its case, or its own for some") {
  STATIC_REQUIRE(json_name<FieldAt<Caught, 0>> == "trainerId");
  STATIC_REQUIRE(json_name<FieldAt<Caught, 2>> == "fixed_one");
  STATIC_REQUIRE(json_name<FieldAt<Caught, 3>>.empty());
  STATIC_REQUIRE(json_name<FieldAt<Base, 0>> == "of_base");
  std::string names;
  castore::detail::use_field_types<Camel>(
      [&](auto... fields) { ((names += std::string{json_name<decltype(fields)>} + ' '), ...); });
  CHECK(names == "plain twoWords threeSmallWords with1Digit _leading trailing_ aB alreadyUpper _ x_ ");
}
