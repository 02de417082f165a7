// SPDX-License-Identifier: MIT
#include <castore/detail/small_vector.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <vector>

namespace {

using castore::detail::SmallVector;

/// Can be neither copied nor moved, and is counted.
struct Counted {
  explicit Counted(int value_, int& alive_) : value{value_}, alive{alive_} {
    if (value < 0) throw std::runtime_error{"refused"};
    ++alive;
  }
  ~Counted() { --alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  int value;
  int& alive;
};

TEST_CASE("a small vector keeps its elements where they were made, few of them in itself") {
  for (const std::size_t capacity : {std::size_t{0}, std::size_t{1}, std::size_t{8}, std::size_t{9}, std::size_t{1000}}) {
    int alive = 0;
    {
      SmallVector<Counted> vector{capacity};
      std::vector<const Counted*> places;
      for (std::size_t index = 0; index < capacity; ++index) {
        vector.emplace_back(static_cast<int>(index), alive);
        places.push_back(&vector[index]);
      }
      CHECK(vector.size() == capacity);
      CHECK(alive == static_cast<int>(capacity));
      for (std::size_t index = 0; index < capacity; ++index) {
        CHECK(places[index] == vector.data() + index);
        CHECK(vector[index].value == static_cast<int>(index));
      }
      const auto* const bytes = reinterpret_cast<const std::byte*>(&vector);
      const auto* const first = reinterpret_cast<const std::byte*>(vector.data());
      const std::less<const std::byte*> before;
      const bool is_inside = !before(first, bytes) && before(first, bytes + sizeof vector);
      CHECK(is_inside == (capacity <= 8));
    }
    CHECK(alive == 0);
  }
}

TEST_CASE("a small vector whose next element cannot be made keeps the others and ends them") {
  for (const std::size_t capacity : {std::size_t{2}, std::size_t{20}}) {
    int alive = 0;
    {
      SmallVector<Counted> vector{capacity};
      vector.emplace_back(1, alive);
      CHECK_THROWS_AS(vector.emplace_back(-1, alive), std::runtime_error);
      CHECK(vector.size() == 1);
      CHECK(alive == 1);
    }
    CHECK(alive == 0);
  }
}

}  // namespace
