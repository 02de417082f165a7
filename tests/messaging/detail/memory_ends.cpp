// SPDX-License-Identifier: MIT
// castore_memory_ends: fails when a message, or what comes after it, is never handled because there was no memory for a
// moment while another one was.
#include <castore/castore.hpp>
#include <castore/messaging/detail/message_engine.hpp>
#include <castore/messaging/message.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t never = ~std::size_t{0};
std::size_t left = never;

}  // namespace

void* operator new(std::size_t size) {
  if (left == 0) throw std::bad_alloc{};
  if (left != never) --left;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace std::chrono_literals;
using Message = castore::AggregateExistsMessage;
using Engine = castore::detail::MessageEngine<Message>;

/// Of a source that delivers again what failed, or does not.
struct Receipt final : castore::detail::MessageReceipt {
  explicit Receipt(bool redelivers) : redelivers_{redelivers} {}

  bool begin() noexcept override { return true; }
  void acknowledge() noexcept override { is_known = true; }
  bool retry_after(std::chrono::milliseconds) noexcept override { return is_known = redelivers_; }
  bool bury(std::chrono::milliseconds) noexcept override { return is_known = redelivers_; }
  void release() noexcept override { is_known = true; }

  bool is_known = false;

 private:
  bool redelivers_;
};

std::shared_ptr<const Message> message_of(const char* id) {
  return std::make_shared<const Message>(Message{"STORE", id, castore::Timestamp{}});
}

/// Handles messages of two aggregates, of which the first one fails at first. @return Whether the source has heard of
/// all of them.
bool handles_all(std::size_t allocations, bool redelivers, bool gives_back) {
  bool fails = true;
  Engine engine{{.retry = {.retry_attempts = 1, .retry_delay = 1ms}, .capacity = 100}};
  const auto recipient = engine.add_recipient([&](const Message& message, const auto&) {
    if (message.aggregate_id == "a" && std::exchange(fails, false)) throw 1;
  });
  std::vector<std::shared_ptr<Receipt>> receipts;
  std::vector<Engine::Delivery> deliveries;
  for (const char* const id : {"a", "a", "b", "a", "b"}) {
    receipts.push_back(std::make_shared<Receipt>(redelivers));
    deliveries.push_back({recipient, message_of(id), false, 1, receipts.back()});
  }
  engine.add(std::move(deliveries), 5);
  left = allocations;
  try {
    engine.poll(gives_back ? 1 : 100);
    if (gives_back) engine.release();
  } catch (const std::bad_alloc&) {
  }
  left = never;
  if (!engine.drain(castore::detail::time_after(5s))) return false;
  for (const auto& receipt : receipts) {
    if (!receipt->is_known) return false;
  }
  return true;
}

}  // namespace

int main() {
  bool is_right = true;
  for (const bool redelivers : {false, true}) {
    for (const bool gives_back : {false, true}) {
      constexpr std::size_t most = 30;
      for (std::size_t allocations = 0; allocations < most; ++allocations) {
        if (handles_all(allocations, redelivers, gives_back)) continue;
        std::printf("not all is handled when memory ends after %zu allocations%s%s\n", allocations,
                    redelivers ? ", and the source delivers again" : "",
                    gives_back ? ", and messages are given back" : "");
        is_right = false;
      }
    }
  }
  return is_right ? 0 : 1;
}
