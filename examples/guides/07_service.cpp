// SPDX-License-Identifier: MIT
// A service that is the same behind any web server or function runtime: text in, status and text out.

#include "pokemon/commands.hpp"
#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/testing/fault_injecting_adapter.hpp>
#include <nlohmann/json.hpp>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

struct Answer {
  int status = 200;
  std::string body{};
};

// [answer]
/// What to tell a caller about the exception at hand.
Answer answer_to_exception() {
  try {
    throw;
  } catch (const nlohmann::json::exception& error) {
    return {400, error.what()};  // the request is wrong
  } catch (const castore::AggregateNotFoundError& error) {
    return {404, error.what()};
  } catch (const castore::EventAlreadyExistsError&) {
    return {409, "somebody else is changing this; try again"};
  } catch (const std::domain_error& error) {
    return {422, error.what()};  // a rule says no
  } catch (const castore::StorageError& error) {
    std::clog << error.what() << '\n';
    return {error.retryable() ? 503 : 500, "the storage failed"};
  } catch (const std::exception& error) {
    std::clog << error.what() << '\n';
    return {500, "something is wrong with this program"};
  }
}
// [/answer]

// [service]
class Service {
 public:
  explicit Service(castore::AnyEventStorageAdapter storage) : pokemons_{"POKEMONS", storage} {}
  Service(const Service&) = delete;  // the command refers to the store
  Service& operator=(const Service&) = delete;

  /// Any number of threads may call it.
  Answer handle(std::string_view request) const {
    try {
      const auto json = nlohmann::json::parse(request);
      const auto result = level_up_(json.at("pokemon").get<std::string>());
      return {200, nlohmann::json{{"level", result.aggregate.level}, {"version", result.aggregate.version}}.dump()};
    } catch (...) {
      return answer_to_exception();
    }
  }

 private:
  PokemonStore pokemons_;
  decltype(level_up_pokemon(pokemons_)) level_up_ = level_up_pokemon(pokemons_);
};
// [/service]

int main() {
  castore::InMemoryEventStorageAdapter memory;
  PokemonStore{"POKEMONS", memory}.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 98});
  castore::testing::FaultInjectingAdapter storage{memory};

  // [run]
  const Service service{castore::AnyEventStorageAdapter{storage}};  // once, before the first request
  const auto print = [&service](std::string_view request) {
    const Answer answer = service.handle(request);
    std::cout << answer.status << ' ' << answer.body << '\n';
  };
  print(R"({"pokemon": "pikachu"})");
  print(R"({"pokemon": "raichu"})");
  storage.inject(castore::testing::StorageOperation::get_events, castore::testing::fails_before());
  print(R"({"pokemon": "pikachu"})");
  print(R"({"pokemon": "pikachu"})");
  print(R"({"pokemon": "pikachu"})");
  // [/run]
}
