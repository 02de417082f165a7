// SPDX-License-Identifier: MIT
// A log of what stores, commands and subscriptions do, by spdlog.

#include "pokemon/commands.hpp"
#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/observers.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

// [observer]
class Log {
 public:
  struct Span {
    std::string what;
    std::chrono::steady_clock::time_point begin;
  };

  explicit Log(std::shared_ptr<spdlog::logger> logger) : logger_{std::move(logger)} {}

  Span start(const castore::Operation& operation) const {
    std::string what{to_string(operation.kind)};
    for (const auto word : {operation.name, operation.store, operation.aggregate_id}) {
      if (!word.empty()) what.append(" ").append(word);
    }
    return {std::move(what), std::chrono::steady_clock::now()};
  }

  void end(Span&& span, const castore::Outcome& outcome) const noexcept {
    const auto took = std::chrono::steady_clock::now() - span.begin;
    if (outcome.is_conflict) {
      logger_->info("{}: others were faster", span.what);
    } else if (outcome.error) {
      logger_->error("{}: {}", span.what, message_of(outcome.error));
    } else if (took > std::chrono::seconds{1}) {
      logger_->warn("{}: took {} ms", span.what, std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    } else {
      logger_->debug("{}: {}", span.what, outcome.count);
    }
  }

 private:
  static std::string message_of(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& exception) {
      return exception.what();
    } catch (...) {
      return "an error that is not a std::exception";
    }
  }

  std::shared_ptr<spdlog::logger> logger_;
};
// [/observer]

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};

  // [use]
  const auto logger = spdlog::stdout_logger_mt("castore");
  logger->set_level(spdlog::level::debug);
  logger->set_pattern("%l: %v");  // a pattern of yours has the time
  const Log log{logger};

  castore::ObservedEventStore observed{pokemons, log};
  const castore::ObservedCommand level_up_pokemon{castore::Command{"LEVEL_UP_POKEMON", observed, level_up}, log};
  castore::Subscription audit{"audit", storage, std::tie(pokemons), {.observer = log}};

  observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 99});
  level_up_pokemon("pikachu");
  if (!observed.try_push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5})) logger->info("it is there already");
  audit.catch_up([](const auto&) {});
  try {
    level_up_pokemon("pikachu");
  } catch (const std::domain_error&) {  // it is in the log
  }
  // [/use]
}
