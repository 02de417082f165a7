// SPDX-License-Identifier: MIT
#include <castore/detail/page_size.hpp>

#include "support/catch.hpp"

#include <cstddef>

namespace {

using castore::detail::PageSize;

/// Turns a page that is full of events of one size.
void turn(PageSize& page_size, std::size_t bytes) {
  for (std::size_t count = page_size.next(); count > 0; --count) page_size.add(bytes);
  page_size.turn();
}

TEST_CASE("pages of small events grow to the size that is wanted") {
  PageSize page_size{500};
  CHECK(page_size.next() == 16);
  for (const std::size_t next : {std::size_t{64}, std::size_t{256}, std::size_t{500}, std::size_t{500}}) {
    turn(page_size, 100);
    CHECK(page_size.next() == next);
  }
}

TEST_CASE("a page of large events is as large as some megabytes, or one event") {
  constexpr std::size_t megabyte = std::size_t{1024} * 1024;
  PageSize page_size{500};
  turn(page_size, megabyte);
  CHECK(page_size.next() == 3);
  turn(page_size, 100 * megabyte);
  CHECK(page_size.next() == 1);
  turn(page_size, 0);
  CHECK(page_size.next() == 4);
}

TEST_CASE("a page that nothing came of says nothing, and the size that is wanted is never passed") {
  PageSize page_size{2};
  CHECK(page_size.next() == 2);
  page_size.turn();
  CHECK(page_size.next() == 2);
  turn(page_size, 1);
  CHECK(page_size.next() == 2);
}

}  // namespace
