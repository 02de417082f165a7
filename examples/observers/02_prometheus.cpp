// SPDX-License-Identifier: MIT
// Metrics of what stores, commands, channels and relays do, for Prometheus.

#include "pokemon/commands.hpp"
#include "pokemon/pokemon.hpp"

#include <castore/castore.hpp>
#include <castore/messaging.hpp>
#include <castore/observers.hpp>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <tuple>

// [observer]
class Metrics {
 public:
  struct Span {
    prometheus::Labels labels;
    std::chrono::steady_clock::time_point begin;
  };

  explicit Metrics(prometheus::Registry& registry)
      : operations_{&prometheus::BuildCounter().Name("castore_operations_total").Register(registry)},
        items_{&prometheus::BuildCounter().Name("castore_items_total").Register(registry)},
        seconds_{&prometheus::BuildHistogram().Name("castore_operation_seconds").Register(registry)} {}

  // No label has the aggregate's id: each value of a label is a time series.
  Span start(const castore::Operation& operation) const {
    return {{{"kind", std::string{to_string(operation.kind)}},
             {"store", std::string{operation.store}},
             {"name", std::string{operation.name}}},
            std::chrono::steady_clock::now()};
  }

  void end(Span&& span, const castore::Outcome& outcome) const noexcept {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - span.begin;
    span.labels["outcome"] = outcome.is_conflict ? "conflict" : outcome.error ? "error" : "ok";
    operations_->Add(span.labels).Increment();
    items_->Add(span.labels).Increment(static_cast<double>(outcome.count));  // events, aggregates or messages
    seconds_->Add(span.labels, bounds()).Observe(took.count());
  }

 private:
  static prometheus::Histogram::BucketBoundaries bounds() { return {0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10}; }

  prometheus::Family<prometheus::Counter>* operations_;
  prometheus::Family<prometheus::Counter>* items_;
  prometheus::Family<prometheus::Histogram>* seconds_;
};
// [/observer]

/// Prints what Prometheus would get, without what depends on the time.
void print(const prometheus::Registry& registry) {
  std::istringstream text{prometheus::TextSerializer{}.Serialize(registry.Collect())};
  std::set<std::string> lines;  // in an order that is always the same
  for (std::string line; std::getline(text, line);) {
    const bool has_time = line.find("_bucket{") != line.npos || line.find("_sum{") != line.npos;
    if (!line.starts_with('#') && !has_time) lines.insert(line);
  }
  for (const std::string& line : lines) std::cout << line << '\n';
}

int main() {
  castore::InMemoryEventStorageAdapter storage;
  PokemonStore pokemons{"POKEMONS", storage};
  using PokemonMessage = castore::EventStoreNotificationMessage<PokemonStore>;
  castore::InMemoryMessageQueueAdapter<PokemonMessage> broker;
  castore::NotificationMessageQueue queue{"LEVELS", pokemons, broker};

  // [use]
  prometheus::Registry registry;
  const Metrics metrics{registry};

  castore::ObservedEventStore observed{pokemons, metrics};
  const castore::ObservedCommand level_up_pokemon{castore::Command{"LEVEL_UP_POKEMON", observed, level_up}, metrics};
  castore::ObservedMessageChannel levels{queue, metrics};
  castore::OutboxRelay relay{"relay", storage, std::tie(pokemons), levels, {.observer = metrics}};

  observed.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  if (!observed.try_push_event("pikachu", 1, PokemonAppeared{"Pikachu", 7})) std::cout << "others were faster\n";
  level_up_pokemon("pikachu");
  relay.catch_up();
  // [/use]
  print(registry);
}
