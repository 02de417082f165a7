// SPDX-License-Identifier: MIT
#include <castore/detail/fields.hpp>
#include "support/catch.hpp"

#include <any>
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using castore::detail::FieldAt;
using castore::detail::FieldsOf;
using castore::detail::HasKnownFields;

namespace fields_test {

struct WithoutDefault {
  explicit WithoutDefault(int);
};
struct Base {
  int of_base = 0;
};
struct EmptyBase {};
struct Empty {};

struct Usual {
  static constexpr std::string_view type = "USUAL";
  int number = 1;
  const std::string text;
  std::array<int, 3> array{};
  WithoutDefault value;
  std::map<std::string, Usual> others{};
  std::any anything{};
  std::optional<std::any> perhaps{};
  std::function<void()> function{};
  std::unique_ptr<int> pointer{};
  int last_1 = 0;
};
struct One {
  std::any field;
};
struct Derived : Base {
  int own = 0;
};
struct DerivedWithout : Base {};
struct WithEmptyBase : EmptyBase {
  int own = 0;
};
struct FirstIsAnything {
  std::any first;
  int second = 0;
};
struct Array {
  int before = 0;
  char text[4] = {};
  std::string after;
};
struct ArrayOfClasses {
  std::string texts[2];
  WithoutDefault value;
};
struct Reference {
  int& reference;
};
struct ConstReference {
  const int& reference;
};
struct Volatile {
  int before = 0;
  volatile int field = 0;
};
struct BitFields {
  int before = 0;
  unsigned bits : 3;
};
class Private {
  [[maybe_unused]] int hidden = 0;

 public:
  int shown = 0;
};
struct Constructed {
  explicit Constructed(int);
  int field = 0;
};
union Union {
  int number;
  float other;
};
template <class Value>
struct Template {
  Value value;
  struct Inner {
    int inner;
  };
};
// clang-format off
struct Most {
  int f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24,
      f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41, f42, f43, f44, f45, f46,
      f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60, f61, f62, f63, f64, f65, f66, f67, f68,
      f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79, f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90,
      f91, f92, f93, f94, f95, f96, f97, f98, f99, f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110,
      f111, f112, f113, f114, f115, f116, f117, f118, f119, f120, f121, f122, f123, f124, f125, f126, f127, f128;
};
struct TooMany {
  int f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24,
      f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41, f42, f43, f44, f45, f46,
      f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60, f61, f62, f63, f64, f65, f66, f67, f68,
      f69, f70, f71, f72, f73, f74, f75, f76, f77, f78, f79, f80, f81, f82, f83, f84, f85, f86, f87, f88, f89, f90,
      f91, f92, f93, f94, f95, f96, f97, f98, f99, f100, f101, f102, f103, f104, f105, f106, f107, f108, f109, f110,
      f111, f112, f113, f114, f115, f116, f117, f118, f119, f120, f121, f122, f123, f124, f125, f126, f127, f128,
      f129;
};
// clang-format on

}  // namespace fields_test

using namespace fields_test;

namespace {

struct Hidden {
  int in_hidden;
};
struct HoldsHidden {
  Hidden hidden;
  std::vector<Hidden> list;
};

template <class Type>
std::vector<std::string> names() {
  return castore::detail::use_field_types<Type>(
      [](auto... fields) { return std::vector<std::string>{std::string{decltype(fields)::name}...}; });
}

}  // namespace

TEST_CASE("the fields of a struct are counted, and known where they are all its own and public") {
  STATIC_REQUIRE(FieldsOf<Usual>::count == 10);
  STATIC_REQUIRE(HasKnownFields<Usual>);
  STATIC_REQUIRE(HasKnownFields<const Usual>);
  STATIC_REQUIRE(FieldsOf<One>::count == 1);
  STATIC_REQUIRE(HasKnownFields<One>);
  STATIC_REQUIRE(HasKnownFields<FirstIsAnything>);
  STATIC_REQUIRE(HasKnownFields<Empty>);
  STATIC_REQUIRE(FieldsOf<Empty>::count == 0);
  STATIC_REQUIRE(FieldsOf<Most>::count == 128);
  STATIC_REQUIRE(HasKnownFields<Most>);
}

TEST_CASE("fields are not known behind bases, access and references, as C arrays and bits, nor more than the limit") {
  STATIC_REQUIRE(FieldsOf<Derived>::has_bases);
  STATIC_REQUIRE(FieldsOf<DerivedWithout>::has_bases);
  STATIC_REQUIRE(FieldsOf<WithEmptyBase>::has_bases);
  STATIC_REQUIRE_FALSE(HasKnownFields<Derived>);
  STATIC_REQUIRE_FALSE(HasKnownFields<DerivedWithout>);
  STATIC_REQUIRE_FALSE(HasKnownFields<WithEmptyBase>);
  STATIC_REQUIRE(FieldsOf<Array>::has_arrays);
  STATIC_REQUIRE_FALSE(HasKnownFields<Array>);
  STATIC_REQUIRE(FieldsOf<ArrayOfClasses>::has_arrays);
  STATIC_REQUIRE_FALSE(HasKnownFields<ArrayOfClasses>);
  STATIC_REQUIRE_FALSE(HasKnownFields<Reference>);
  STATIC_REQUIRE_FALSE(HasKnownFields<ConstReference>);
  STATIC_REQUIRE_FALSE(HasKnownFields<BitFields>);
  STATIC_REQUIRE_FALSE(HasKnownFields<Volatile>);
  STATIC_REQUIRE_FALSE(HasKnownFields<std::array<int, 2>>);
  STATIC_REQUIRE_FALSE(HasKnownFields<Private>);
  STATIC_REQUIRE_FALSE(HasKnownFields<Constructed>);
  STATIC_REQUIRE_FALSE(HasKnownFields<Union>);
  STATIC_REQUIRE_FALSE(HasKnownFields<int>);
  STATIC_REQUIRE_FALSE(HasKnownFields<std::string>);
  STATIC_REQUIRE_FALSE(HasKnownFields<TooMany>);
}

TEST_CASE("fields have their names and types, in their order") {
  CHECK(names<Usual>() == std::vector<std::string>{"number", "text", "array", "value", "others", "anything", "perhaps",
                                                   "function", "pointer", "last_1"});
  STATIC_REQUIRE(std::same_as<FieldAt<Usual, 1>::Value, std::string>);
  STATIC_REQUIRE(std::same_as<FieldAt<Usual, 2>::Value, std::array<int, 3>>);
  CHECK(names<Template<int>>() == std::vector<std::string>{"value"});
  CHECK(names<Template<int>::Inner>() == std::vector<std::string>{"inner"});
  CHECK(names<Hidden>() == std::vector<std::string>{"in_hidden"});
  CHECK(names<HoldsHidden>() == std::vector<std::string>{"hidden", "list"});
  struct Local {
    std::string in_local;
  };
  CHECK(names<Local>() == std::vector<std::string>{"in_local"});
  CHECK(names<Empty>().empty());
  CHECK(names<Most>().front() == "f1");
  CHECK(names<Most>().back() == "f128");
}

TEST_CASE("the fields of an object are visited, also of one that may be changed") {
  Most most{};
  castore::detail::use_fields(most, [](auto&... fields) {
    int number = 0;
    ((fields = ++number), ...);
  });
  CHECK(most.f1 == 1);
  CHECK(most.f33 == 33);
  CHECK(most.f64 == 64);
  CHECK(most.f65 == 65);
  CHECK(most.f128 == 128);
  const Most& constant = most;
  CHECK(castore::detail::use_fields(constant, [](const auto&... fields) { return (fields + ...); }) == 129 * 64);
}
