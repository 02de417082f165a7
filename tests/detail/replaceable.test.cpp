// SPDX-License-Identifier: MIT
#include <castore/detail/replaceable.hpp>

#include "support/catch.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using castore::detail::Replaceable;

int alive = 0;
bool is_refused = false;

struct Counted {
  Counted() {
    if (is_refused) throw std::runtime_error{"refused"};
    ++alive;
  }
  explicit Counted(std::string text_) : text{std::move(text_)} { ++alive; }
  Counted(Counted&& other) noexcept : text{std::move(other.text)} { ++alive; }
  Counted& operator=(Counted&&) = delete;
  ~Counted() { --alive; }

  std::string text;
};

const std::string long_text(100, 'a');

TEST_CASE("a replaceable value is what the last function made of the one before") {
  {
    Replaceable<Counted> value{std::optional<Counted>{Counted{long_text}}};
    for (int time = 0; time < 5; ++time) {
      value.replace([](Counted&& last) { return Counted{std::move(last.text) + "b"}; });
      CHECK(alive == 1);
    }
    CHECK(value->text == long_text + "bbbbb");
  }
  CHECK(alive == 0);
}

TEST_CASE("a replaceable value begins with none") {
  {
    Replaceable<Counted> value;
    CHECK_FALSE(value);
    is_refused = true;
    CHECK_THROWS_AS(value.emplace(), std::runtime_error);
    is_refused = false;
    CHECK_FALSE(value);
    value.emplace().text = "a";
    CHECK(value->text == "a");
  }
  CHECK(alive == 0);
  CHECK_FALSE(Replaceable<Counted>{std::optional<Counted>{}});
}

TEST_CASE("a replaceable value stays when the function throws") {
  {
    Replaceable<Counted> value{std::optional<Counted>{Counted{long_text}}};
    CHECK_THROWS_AS(value.replace([](Counted&& last) -> Counted {
      last.text += "b";
      throw std::runtime_error{"refused"};
    }),
                    std::runtime_error);
    CHECK(value->text == long_text + "b");
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

constexpr int twice_doubled() {
  Replaceable<int> value{std::optional{1}};
  value.replace([](int&& last) { return 2 * last; });
  value.replace([](int&& last) { return 2 * last; });
  return *value;
}
static_assert(twice_doubled() == 4);

}  // namespace
