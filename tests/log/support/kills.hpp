// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_LOG_SUPPORT_KILLS_HPP
#define CASTORE_TESTS_LOG_SUPPORT_KILLS_HPP

/// @file
/// Runners, a relay and a writer in processes of their own, which are killed (SIGKILL) at any moment; see
/// read_models.hpp for `Log`, whose `find_table` is a query for a table's name.

#include <castore/castore.hpp>
#include <castore/log.hpp>
#include <castore/messaging/inbox.hpp>
#include <castore/messaging/message_queue.hpp>
#include <castore/messaging/outbox_relay.hpp>
#include <castore/testing/child_process.hpp>
#include "adapters/support/sqlite.hpp"
#include "core/pokemons.hpp"
#include "log/support/read_models.hpp"
#include "log/support/relayed.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace log_tests {

using castore::testing::ChildProcess;

/// Kills its process after some statements.
template <class Log>
struct MortalTrace : Trace<Log> {
  using typename Trace<Log>::Transaction;

  MortalTrace(const Log& log, int statements) : Trace<Log>{log}, left{statements} {}

  void create(Transaction& tx) const {
    step(tx);
    Trace<Log>::create(tx);
    step(tx);
  }
  template <class Payload>
    requires castore::EventPayload<Payload>
  void operator()(Transaction& tx, const Payload& event, const EventInfo<Payload>& info) const {
    step(tx);
    Trace<Log>::operator()(tx, event, info);
    step(tx);
  }
  void step([[maybe_unused]] Transaction& tx) const {
    // Where statements can be watched those of the library count, too.
    if constexpr (requires { Log::at_each_statement(tx, die, &left); }) {
      Log::at_each_statement(tx, die, &left);
    } else {
      die(&left);
    }
  }
  static void die(int* left) {
    if (--*left == 0) kill(getpid(), SIGKILL);
  }

  mutable int left;
};

/// The read model is what its events up to the checkpoint make of it, and there when the storage says so.
/// @return The checkpoint.
template <class Log>
Position check_rows(const Log& log) {
  const auto storage = log.open();
  Position checkpoint = 0;
  std::string rows;
  storage->transact([&](typename Log::Transaction& tx) {
    const auto model = log.model(1);
    checkpoint = tx.checkpoint("trace", 1);
    const bool is_created = tx.checkpoint("trace#created", 1) == 1;
    CHECK(is_created == !tx.query(Log::find_table, model.table).empty());
    if (is_created) rows = model.read(tx);
  });
  CHECK(rows == fold(*storage, checkpoint));
  return checkpoint;
}

/// Law 13.
template <class Log>
void kill_at_each_statement(int statements) {
  const Log log;
  constexpr int events = 40;
  {
    const auto storage = log.open();
    PokemonStore pokemons{"POKEMONS", *storage};
    for (Version version = 1; version <= events; ++version) pokemons.push_event("p", version, PokemonLeveledUp{});
  }
  int kills = 0;
  Position checkpoint = 0;
  for (int statement = 1; statement <= statements; ++statement) {
    ChildProcess runner{[&] {
      const auto storage = log.open();
      PokemonStore pokemons{"POKEMONS", *storage};
      castore::AsyncProjection list{*storage, std::tie(pokemons), MortalTrace<Log>{log, statement}, {.batch_size = 4}};
      list.catch_up();
    }};
    CAPTURE(statement);
    const std::string said = runner.wait(std::chrono::seconds{20});
    CHECK((said.empty() || said == "a process that ended by signal 9"));
    if (!said.empty()) ++kills;
    checkpoint = check_rows(log);
  }
  CHECK(checkpoint > 0);
  CHECK(kills > statements / 2);
}

/// Pushes events and groups of five aggregates.
template <class Storage>
[[noreturn]] void write_on(Storage& storage) {
  PokemonStore pokemons{"POKEMONS", storage};
  const std::array<std::string, 5> ids{"a", "b", "c", "d", "e"};
  std::map<std::string, Version> versions;
  for (const std::string& id : ids) {
    if (const auto aggregate = pokemons.get_aggregate(id)) versions[id] = aggregate->version;
  }
  std::mt19937 random{std::random_device{}()};
  while (true) {
    const std::size_t one = random() % ids.size();
    const std::size_t other = (one + 1) % ids.size();
    if (random() % 2 == 0) {
      castore::push_event_group(pokemons.group_event(ids[one], ++versions[ids[one]], PokemonLeveledUp{}),
                                pokemons.group_event(ids[other], ++versions[ids[other]], PokemonLeveledUp{}));
    } else {
      pokemons.push_event(ids[one], ++versions[ids[one]], PokemonLeveledUp{});
    }
    std::this_thread::sleep_for(std::chrono::microseconds{500});
  }
}

/// Two of these get into each other's way all the time.
template <class Log>
[[noreturn]] void follow_on(const Log& log, typename Log::Storage& storage) {
  PokemonStore pokemons{"POKEMONS", storage};
  castore::AsyncProjection list{storage, std::tie(pokemons), Trace<Log>{log}, {.batch_size = 7}};
  while (true) {
    try {
      list.run(std::stop_token{});
    } catch (const castore::ProjectionTakenOverError&) {
    }
  }
}

/// A broker that writes the ids of the messages that it takes to a file, and refuses some of every batch when it is to.
class FileBroker {
 public:
  FileBroker(const std::string& path, bool refuses)
      : file_{open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0644)}, refuses_{refuses} {}

  void publish_messages(std::span<const castore::MessageView> messages, const castore::PublishMessageOptions&) {
    std::vector<std::size_t> refused;
    for (std::size_t index = 0; index < messages.size(); ++index) {
      const std::string line = castore::message_id(messages[index].header()) + "\n";
      if (refuses_ && random_() % 5 == 0) {
        refused.push_back(index);
      } else if (write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        throw std::runtime_error{"no room"};
      }
    }
    if (!refused.empty()) throw castore::MessagesNotPublishedError{refused, "too many", true};
  }

 private:
  int file_;
  bool refuses_;
  std::mt19937 random_{std::random_device{}()};
};

/// @param path Of the broker's file, whose name is the relay's.
template <class Storage>
void relay(Storage& storage, const std::string& path, bool refuses, bool goes_on) {
  PokemonStore pokemons{"POKEMONS", storage};
  FileBroker broker{path, refuses};
  castore::NotificationMessageQueue<PokemonStore> queue{"QUEUE", pokemons, broker};
  castore::OutboxRelay relay{path.substr(path.rfind('/') + 1), storage, std::tie(pokemons), queue, {.batch_size = 9}};
  if (goes_on) relay.run(std::stop_token{});
  for (bool is_done = false; !is_done;) {
    try {
      relay.catch_up();
      is_done = true;
    } catch (const castore::MessagesNotPublishedError&) {
    }
  }
}

/// Every stored event was published, under its own id, and nothing else was.
/// @param refuses Whether the broker refused some; if not, each version came first after the one before it.
inline void check_published(const std::string& path, bool refuses, const std::map<std::string, Version>& stored) {
  std::vector<std::pair<std::string, Version>> taken;
  std::ifstream lines{path};
  for (std::string id; std::getline(lines, id);) {
    const std::size_t end = id.rfind('#');
    taken.emplace_back(id.substr(0, end), std::stoll(id.substr(end + 1)));
  }
  CAPTURE(path, taken.size());
  CHECK(received_in_order(taken) == stored);
  std::map<std::string, Version> first;
  std::vector<std::string> wrong;
  for (const auto& [id, version] : taken) {
    const auto one = stored.find(id);
    const bool is_stored = one != stored.end() && version >= 1 && version <= one->second;
    const bool is_early = !refuses && version > first[id] + 1;
    if (!is_stored || is_early) wrong.push_back(id + '#' + std::to_string(version));
    first[id] = (std::max)(first[id], version);
  }
  CHECK(wrong == std::vector<std::string>{});
}

/// Laws 13, 14 and 24. As many kills as the environment's CASTORE_KILLS says.
template <class Log>
void kill_at_random() {
  const Log log;
  const castore::sqlite_tests::TempDirectory folder;
  const std::string sent = folder / "sent";
  const std::string refused = folder / "sent_again";
  const std::string errors = folder / "errors";
  const char* const wanted = std::getenv("CASTORE_KILLS");
  const int kills = wanted == nullptr ? 10 : std::atoi(wanted);
  const auto seed = std::random_device{}();
  CAPTURE(seed, kills);
  std::mt19937 random{seed};
  {
    enum Role : std::size_t { writer, runner, other_runner, relaying, relaying_again, roles };
    std::array<std::optional<ChildProcess>, roles> children;
    const auto start = [&](std::size_t role) {
      children[role].emplace([&log, &sent, &refused, &errors, role] {
        try {
          const auto storage = log.open();
          if (role == writer) write_on(*storage);
          if (role == relaying) relay(*storage, sent, false, true);
          if (role == relaying_again) relay(*storage, refused, true, true);
          follow_on(log, *storage);
        } catch (const std::exception& error) {
          std::ofstream{errors, std::ios::app} << error.what() << '\n';
        }
      });
    };
    log.open();  // the file is there
    for (std::size_t role = 0; role < roles; ++role) start(role);
    const auto has_events = [&log] {
      std::size_t events = 0;
      log.open()->read_all_events({}, {}, [&](const castore::SequencedEventView&) { ++events; });
      return events > 0;
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (!has_events() && std::chrono::steady_clock::now() < deadline) {  // a busy machine takes its time
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    for (int killed = 0; killed < kills; ++killed) {
      std::this_thread::sleep_for(std::chrono::milliseconds{random() % 50});
      const std::size_t role = random() % roles;
      children[role].reset();
      start(role);
    }
  }
  const std::string went_wrong{std::istreambuf_iterator<char>{std::ifstream{errors}.rdbuf()}, {}};
  CHECK(went_wrong == "");
  const Position before = check_rows(log);
  const auto storage = log.open();
  PokemonStore pokemons{"POKEMONS", *storage};
  castore::AsyncProjection list{*storage, std::tie(pokemons), Trace<Log>{log}};
  const castore::PollResult result = list.catch_up();
  CHECK(result.is_caught_up);
  CHECK(check_rows(log) == result.position);
  relay(*storage, sent, false, false);
  relay(*storage, refused, true, false);
  std::map<std::string, Version> stored;
  std::size_t events = 0;
  for (castore::ReadAllEventsResult page; !page.is_caught_up;) {
    page = storage->read_all_events(page.next, {}, [&](const castore::SequencedEventView& place) {
      stored["POKEMONS#" + std::string{place.event.aggregate_id}] = place.event.version;
      ++events;
    });
  }
  check_published(sent, false, stored);
  check_published(refused, true, stored);
  CAPTURE(before, result.position);
  CHECK(events > 0);
}

}  // namespace log_tests

#endif
