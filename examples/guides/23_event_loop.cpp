// SPDX-License-Identifier: MIT
// A service of coroutines on one thread: calls that block run on a pool, and a read model is polled by a timer.

#include "pokemon/commands.hpp"
#include "pokemon/pokemon.hpp"

#include <castore/adapters/sqlite.hpp>
#include <castore/castore.hpp>
#include <castore/log.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>

namespace asio = boost::asio;

// [on_pool]
/// Runs a call that blocks on a thread of the pool; the coroutine goes on where it was. Errors arrive as exceptions.
template <class Call>
asio::awaitable<std::invoke_result_t<Call&>> on_pool(asio::thread_pool& pool, Call call) {
  auto work = [&call]() -> asio::awaitable<std::invoke_result_t<Call&>> { co_return call(); };
  co_return co_await asio::co_spawn(pool, work, asio::use_awaitable);
}
// [/on_pool]

// [request]
template <class LevelUp>
asio::awaitable<std::string> answer(asio::thread_pool& pool, const LevelUp& level_up, std::string id) {
  try {
    const auto result = co_await on_pool(pool, [&] { return level_up(id); });
    co_return id + " is at level " + std::to_string(result.aggregate.level);
  } catch (const castore::AggregateNotFoundError&) {
    co_return "there is no " + id;
  }
}
// [/request]

// [follow]
template <class Subscription, class Handler, class IsOver>
asio::awaitable<void> follow(asio::thread_pool& pool, Subscription& subscription, Handler handler, IsOver is_over) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  while (!is_over()) {
    const auto result = co_await on_pool(pool, [&] { return subscription.poll(handler); });
    if (!result.is_caught_up) continue;
    timer.expires_after(std::chrono::milliseconds{20});  // how late the read model may be
    co_await timer.async_wait(asio::use_awaitable);
  }
}
// [/follow]

int main() {
  castore::SqliteEventStorageAdapter storage{":memory:"};
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  const auto level_up = level_up_pokemon(pokemons);
  castore::Subscription audit{"audit", storage, std::tie(pokemons)};

  // [run]
  asio::thread_pool pool{4};  // as many calls as may block at once
  asio::io_context loop;      // this thread

  int levels = 0;
  const auto count_levels = [&](const castore::EventDetail<PokemonLeveledUp>&) { ++levels; };
  const auto has_both = [&] { return levels == 2; };  // the end of the example
  const auto serve = [&]() -> asio::awaitable<void> {
    for (const char* id : {"pikachu", "mew", "pikachu"}) {
      std::cout << co_await answer(pool, level_up, id) << '\n';
    }
  };
  const auto fail = [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);  // ends run()
  };
  asio::co_spawn(loop, serve(), fail);
  asio::co_spawn(loop, follow(pool, audit, count_levels, has_both), fail);
  loop.run();   // until both have ended
  pool.join();  // before the objects that its calls use are destroyed
  // [/run]
  std::cout << "levels that the read model saw: " << levels << '\n';
}
