// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_MAINTENANCE_COPY_KILLS_HPP
#define CASTORE_TESTS_MAINTENANCE_COPY_KILLS_HPP

/// @file
/// Copies from one storage to another by processes that are killed (SIGKILL) at any moment and begin again: with the
/// newest token, with an old one, or with none; two at the same time; while a program pushes to the source and is
/// killed, too. A storage is given by a class `Log`: `open()` gives a pointer to an adapter.

#include <castore/castore.hpp>
#include <castore/core/event_log.hpp>
#include <castore/maintenance/copy_events.hpp>
#include <castore/testing/child_process.hpp>
#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"
#include "support/records.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace castore_tests::copy_kills {

using castore::Version;

struct Noted {
  static constexpr std::string_view type = "NOTED";
  std::int64_t number = 0;
  friend bool operator==(const Noted&, const Noted&) = default;
};
struct Notes {
  std::string aggregate_id;
  Version version = 0;
  std::int64_t trace = 0;
  friend bool operator==(const Notes&, const Notes&) = default;
};
struct Reducer {
  void operator()(Notes& notes, const Noted& event) const {
    notes.trace = (notes.trace * 31 + event.number) % 1'000'003;
  }
};
using Store = castore::EventStore<castore::Events<Noted>, Notes, Reducer>;

inline std::string read_file(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}
/// So that a reader has the old or the new one, whatever is killed.
inline void write_file(const std::string& path, const std::string& text, std::size_t writer) {
  const std::string other = path + std::to_string(writer);
  std::ofstream{other} << text;
  if (std::rename(other.c_str(), path.c_str()) != 0) throw std::runtime_error{"no room"};
}

inline const std::vector<std::string>& ids() {
  static const std::vector<std::string> all{"a", "b", "c", "f", "g", "h", "it's", "\xF0\x9F\x90\xAD"};
  return all;
}

/// Pushes until there are enough events: single ones, groups, and after gaps.
template <class Storage>
void write_on(Storage& storage, std::size_t enough) {
  std::mt19937_64 random{std::random_device{}()};
  Store notes{"NOTES", storage, {.missing_versions = castore::MissingVersions::accept}};
  Store more{"MORE", storage, {.missing_versions = castore::MissingVersions::accept}};
  for (std::size_t events = 0; events < enough; ++events) {
    const auto number = [&] { return static_cast<std::int64_t>(random() % 1'000'000'000); };
    const std::string& id = ids()[random() % ids().size()];
    const auto next = [&id](const Store& store) {
      const auto last = store.get_events(id, {.limit = 1, .reverse = true});
      return (last.empty() ? 0 : last.front().version()) + 1;
    };
    const Version version = next(notes);
    if (random() % 4 == 0) {
      castore::push_event_group(notes.group_event(id, version, Noted{number()}),
                                more.group_event(id, next(more), Noted{number()}));
    } else if (random() % 16 == 0 && version > 1) {
      notes.push_event(id, version + 1, Noted{number()}, {.force = true});  // one is missing before it
    } else {
      notes.push_event(id, version, Noted{number()});
    }
  }
}

/// @param token The file that has where to go on.
template <class Source, class Target>
void copy(Source& source, Target& target, const std::string& token, std::size_t writer) {
  castore::CopyOptions options{.event_store_ids = {"NOTES", "MORE"}, .page_size = 1 + std::random_device{}() % 9};
  if (const std::string text = read_file(token); !text.empty()) options.resume_token = text;
  options.on_progress = [&](const castore::CopyResult& result) {
    if (result.resume_token) write_file(token, *result.resume_token, writer);
  };
  const castore::CopyResult result = castore::copy_events(source, target, options);
  if (result.resume_token) {
    write_file(token, *result.resume_token, writer);
  } else {
    std::remove(token.c_str());  // the next one begins at the start
  }
}

/// As events of another number, in an event store of its own.
template <class Source, class Target>
castore::CopyResult copy_changed(Source& source, Target& target, const std::string& token, std::size_t writer,
                                 bool dry_run = false) {
  const Store notes{"NOTES", source, {.missing_versions = castore::MissingVersions::accept}};
  Store doubled{"DOUBLED", target};
  const auto change = [](std::span<const Store::Event> events) {
    std::vector<Store::Event> changed;
    for (const Store::Event& event : events) {
      auto detail = *event.get_if<Noted>();
      detail.payload.number *= 2;
      changed.emplace_back(std::move(detail));
    }
    return changed;
  };
  castore::CopyStoreOptions<Notes, Notes> options{.page_size = 3, .dry_run = dry_run};
  if (const std::string text = read_file(token); !text.empty()) options.resume_token = text;
  options.on_progress = [&](const castore::CopyResult& result) {
    if (result.resume_token) write_file(token, *result.resume_token, writer);
  };
  return castore::copy_events(notes, doubled, change, options);
}

/// What an event store has, in the same words for each storage.
template <class Storage>
std::vector<std::tuple<std::string, Version, castore::Timestamp, std::int64_t>> all_of(
    Storage& storage, const std::string& event_store_id) {
  const Store store{event_store_id, storage, {.missing_versions = castore::MissingVersions::accept}};
  std::vector<std::tuple<std::string, Version, castore::Timestamp, std::int64_t>> all;
  for (const std::string& id : ids()) {
    for (const Store::Event& event : store.get_events(id)) {
      all.emplace_back(id, event.version(), event.timestamp(), event.get_if<Noted>()->payload.number);
    }
  }
  return all;
}

/// Event stores, aggregates and versions in the order of a storage.
template <class Storage>
std::vector<std::tuple<std::string, std::string, Version>> in_order(Storage& storage) {
  std::vector<std::tuple<std::string, std::string, Version>> all;
  constexpr std::array<std::string_view, 2> stores{"NOTES", "MORE"};
  const auto add = [&](const castore::SequencedEventView& event) {
    all.emplace_back(event.event_store_id, event.event.aggregate_id, event.event.version);
  };
  for (castore::ReadAllEventsResult page; !page.is_caught_up;) {
    page = storage.read_all_events(page.next, {.event_store_ids = stores}, add);
  }
  return all;
}

/// As many kills as the environment's CASTORE_KILLS says.
/// @param events How many the source has at first; as many again are pushed meanwhile.
template <class SourceLog, class TargetLog>
void kill_copies_at_random(const SourceLog& source_log, const TargetLog& target_log, std::size_t events) {
  using castore::testing::ChildProcess;
  const castore::sqlite_tests::TempDirectory folder;
  const std::string token = folder / "token";
  const std::string errors = folder / "errors";
  const char* const wanted = std::getenv("CASTORE_KILLS");
  const int kills = wanted == nullptr ? 10 : std::atoi(wanted);
  const auto seed = std::random_device{}();
  CAPTURE(seed, kills);
  std::mt19937 random{seed};
  write_on(*source_log.open(), events);
  const auto first_events = all_of(*source_log.open(), "NOTES");
  target_log.open();  // what it is to have is there
  {
    enum Role : std::size_t { writer, copier, other_copier, changer, roles };
    std::array<std::optional<ChildProcess>, roles> children;
    const auto start = [&](std::size_t role) {
      children[role].emplace([&, role] {
        try {
          const auto source = source_log.open();
          if (role == writer) return write_on(*source, events / 10);
          const auto target = target_log.open();
          if (role == changer) {
            copy_changed(*source, *target, token + "_of_changed", role);
          } else {
            while (true) copy(*source, *target, token, role);
          }
        } catch (const castore::CopyConflictError& error) {
          // A changed copy of what has grown in between must not be taken for whole: it is run again.
          if (role != changer) std::ofstream{errors, std::ios::app} << error.what() << '\n';
        } catch (const std::exception& error) {
          std::ofstream{errors, std::ios::app} << error.what() << '\n';
        }
      });
    };
    std::vector<std::string> old_tokens{""};
    for (std::size_t role = 0; role < roles; ++role) start(role);
    for (int killed = 0; killed < kills; ++killed) {
      std::this_thread::sleep_for(std::chrono::milliseconds{random() % static_cast<unsigned>(60 + killed)});
      const std::size_t role = random() % roles;
      children[role].reset();
      old_tokens.push_back(read_file(token));
      // What a program kept may be from long ago, or lost.
      if (random() % 4 == 0) write_file(token, old_tokens[random() % old_tokens.size()], roles);
      if (random() % 4 == 0) std::remove((token + "_of_changed").c_str());
      start(role);
    }
  }
  CHECK(read_file(errors) == "");
  const auto source = source_log.open();
  const auto target = target_log.open();
  using Source = std::remove_cvref_t<decltype(*source)>;
  using Target = std::remove_cvref_t<decltype(*target)>;
  copy(*source, *target, token, 0);
  if constexpr (!castore::ReadsAllEvents<Source>) {
    // Without an order a token is a place in the list of aggregates: what came since to those before it is for the next
    // copy, which begins at the start.
    CHECK(std::ranges::includes(all_of(*target, "NOTES"), first_events));
    copy(*source, *target, token, 0);
  }
  const auto all = all_of(*source, "NOTES");
  CHECK(all.size() >= events);
  CHECK(all_of(*target, "NOTES") == all);
  CHECK(all_of(*target, "MORE") == all_of(*source, "MORE"));
  // From the start there is nothing to do.
  const castore::CopyResult again = castore::copy_events(*source, *target, {.event_store_ids = {"NOTES", "MORE"}});
  CHECK(again.is_complete);
  CHECK(again.written_count == 0);
  if constexpr (castore::ReadsAllEvents<Source> && castore::ReadsAllEvents<Target>) {
    CHECK(in_order(*target) == in_order(*source));
  }
  std::remove((token + "_of_changed").c_str());
  CHECK(copy_changed(*source, *target, token + "_of_changed", 0).is_complete);
  const castore::CopyResult dry = copy_changed(*source, *target, token + "_of_nothing", 0, true);
  CHECK(dry.is_complete);
  CHECK(dry.written_count == 0);
  CHECK(dry.already_there_count == all.size());
}

}  // namespace castore_tests::copy_kills

#endif
