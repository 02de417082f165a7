// SPDX-License-Identifier: MIT
#include <castore/detail/function_ref.hpp>
#include "support/catch.hpp"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

using castore::detail::FunctionRef;

namespace {

int doubled(int value) { return 2 * value; }

struct Counter {
  int calls = 0;
  int operator()(int step) { return calls += step; }
};

struct ConstOnly {
  int operator()(int value) { return value; }
  int operator()(int value) const { return -value; }
};

}  // namespace

TEST_CASE("a function reference calls the object it was made from and not a copy") {
  Counter counter;
  const FunctionRef<int(int)> reference{counter};
  CHECK(reference(2) == 2);
  CHECK(reference(3) == 5);
  CHECK(counter.calls == 5);

  const FunctionRef<int(int)> copy = reference;  // NOLINT(performance-unnecessary-copy-initialization): under test
  CHECK(copy(1) == 6);
  CHECK(counter.calls == 6);
}

TEST_CASE("a function reference calls functions and pointers to them") {
  CHECK(FunctionRef<int(int)>{doubled}(4) == 8);
  int (*pointer)(int) = doubled;
  CHECK(FunctionRef<int(int)>{pointer}(5) == 10);
}

TEST_CASE("a function reference to a const object calls its const operator") {
  ConstOnly changeable;
  const ConstOnly constant;
  CHECK(FunctionRef<int(int)>{changeable}(1) == 1);
  CHECK(FunctionRef<int(int)>{constant}(1) == -1);
}

TEST_CASE("a function reference passes arguments on as they are") {
  auto take = [](std::unique_ptr<int> value, std::string& text) {
    text += '!';
    return value;
  };
  std::string text = "hello";
  const FunctionRef<std::unique_ptr<int>(std::unique_ptr<int>, std::string&)> reference{take};
  CHECK(*reference(std::make_unique<int>(7), text) == 7);
  CHECK(text == "hello!");
}

TEST_CASE("a function reference that returns nothing drops the result") {
  int calls = 0;
  auto count = [&calls] { return ++calls; };
  FunctionRef<void()>{count}();
  CHECK(calls == 1);
}

TEST_CASE("a function reference is made from what can be called so and from nothing else") {
  using Reference = FunctionRef<int(int)>;
  STATIC_REQUIRE(std::is_constructible_v<Reference, Counter&>);
  STATIC_REQUIRE(std::is_constructible_v<Reference, int (&)(int)>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<Reference, const Counter&>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<Reference, std::string&>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<FunctionRef<std::string(int)>, Counter&>);
  STATIC_REQUIRE_FALSE(std::is_default_constructible_v<Reference>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<Reference>);
}
