// SPDX-License-Identifier: MIT
// castore_allocations: fails when a conflict of try_push_event allocates memory.
#include "support/workload.hpp"

#include <castore/castore.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

int main() {
  using namespace benchmarks;
  castore::InMemoryEventStorageAdapter storage;
  castore::EventStore<AccountEvents, Account, InPlaceReducer, castore::InMemoryEventStorageAdapter> accounts{"ACCOUNTS",
                                                                                                            storage};
  accounts.push_event("ada", 1, opened);
  const std::size_t before = allocations;
  const bool is_pushed = accounts.try_push_event("ada", 1, deposited).has_value();
  const std::size_t after = allocations;
  std::printf("%zu allocations of a push, %zu of a conflict\n", before, after - before);
  return before > 0 && after == before && !is_pushed ? 0 : 1;
}
