// SPDX-License-Identifier: MIT
#include <castore/testing/id_generator.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using castore::testing::IdGenerator;

TEST_CASE("an id generator counts from 1, and again after a reset") {
  IdGenerator next_id{"pokemon"};
  CHECK(next_id() == "pokemon-1");
  CHECK(next_id() == "pokemon-2");
  next_id.reset();
  CHECK(next_id() == "pokemon-1");
  CHECK(IdGenerator{}() == "id-1");
}

TEST_CASE("copies of an id generator count on together") {
  IdGenerator next_id{"pokemon"};
  IdGenerator copy = next_id;
  CHECK(next_id() == "pokemon-1");
  CHECK(copy() == "pokemon-2");
  CHECK(next_id() == "pokemon-3");
}

TEST_CASE("threads get every id once") {
  constexpr std::size_t thread_count = 4;
  constexpr std::size_t ids_each = 500;
  IdGenerator next_id{"pokemon"};
  std::vector<std::vector<std::string>> taken(thread_count);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : taken) {
      threads.emplace_back([&mine, &next_id] {
        for (std::size_t count = 0; count < ids_each; ++count) mine.push_back(next_id());
      });
    }
  }
  std::set<std::string> all;
  for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
  CHECK(all.size() == thread_count * ids_each);
  CHECK(next_id() == "pokemon-" + std::to_string(thread_count * ids_each + 1));
}

}  // namespace
