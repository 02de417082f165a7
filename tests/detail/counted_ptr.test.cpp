// SPDX-License-Identifier: MIT
#include <castore/detail/counted_ptr.hpp>

#include "support/catch.hpp"

#include <utility>

namespace {

struct Thing : castore::detail::Counted {
  explicit Thing(int& alive_) : alive{&alive_} { ++*alive; }
  Thing(const Thing& other) : Counted{other}, alive{other.alive} { ++*alive; }
  Thing& operator=(const Thing&) = delete;
  ~Thing() { --*alive; }
  int* alive;
};
using Ptr = castore::detail::CountedPtr<Thing>;

}  // namespace

TEST_CASE("an object ends with its last owner, and who is its only one knows") {
  int alive = 0;
  {
    Ptr first{new Thing{alive}};
    CHECK(first.is_unique());
    {
      const Ptr second = first;  // NOLINT(performance-unnecessary-copy-initialization)
      CHECK_FALSE(first.is_unique());
      CHECK(second == first);
      Ptr copy_of_object{new Thing{*first}};
      CHECK(copy_of_object.is_unique());
      CHECK_FALSE(copy_of_object == first);
      CHECK(alive == 2);
      copy_of_object = second;
      CHECK(alive == 1);
    }
    CHECK(first.is_unique());
    Ptr moved = std::move(first);
    CHECK(moved.is_unique());
    CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move)
    CHECK(alive == 1);
    first = moved;
    moved = Ptr{};
    CHECK(first.is_unique());
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}
