// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_TOOL_SUPPORT_HPP
#define CASTORE_TESTS_TOOL_SUPPORT_HPP

/// @file
/// Runs the program castore, and makes databases for it to look at.

#include <castore/adapters/sqlite.hpp>
#include <castore/core/timestamp.hpp>

#include "adapters/support/sqlite.hpp"
#include "support/catch.hpp"
#include "support/place.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::tool_tests {

using sqlite_tests::PlainSqlite;
using sqlite_tests::TempDirectory;

/// What became of a run. A signal's code is 128 more, as shells say it.
struct Ran {
  int code = 0;
  std::string out{};
  std::string err{};
};

struct Surroundings {
  std::map<std::string, std::string> environment{};
  std::string input{};
  std::string folder{};        ///< To run in.
  unsigned short columns = 0;  ///< Of a terminal that is its output; 0: a pipe.
};

/// A process whose output is read until it ends.
class Process {
 public:
  Process(const std::vector<std::string>& command, const Surroundings& surroundings) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    std::array<int, 2> err{};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(err.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe"};
    if (surroundings.columns == 0) {
      if (pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe"};
    } else {
      winsize size{};
      size.ws_col = surroundings.columns;
      size.ws_row = 50;
      if (openpty(&out[0], &out[1], nullptr, nullptr, &size) != 0) throw std::runtime_error{"openpty"};
      fcntl(out[0], F_SETFD, FD_CLOEXEC);
    }
    id_ = fork();
    if (id_ < 0) throw std::runtime_error{"fork"};
    if (id_ == 0) run(command, surroundings, in[0], out[1], err[1]);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    write_input(in[1], surroundings.input);
    out_ = out[0];
    err_ = err[0];
  }
  Process(const Process&) = delete;
  ~Process() {
    if (id_ > 0) {
      kill(id_, SIGKILL);
      wait();
    }
    close_output();
    close(err_);
  }

  pid_t id() const noexcept { return id_; }
  /// As `head` does when it has seen enough.
  void close_output() {
    if (out_ >= 0) close(std::exchange(out_, -1));
  }
  /// Reads until its output has a number of lines, or ends.
  std::string read_lines(std::size_t count) {
    std::string text;
    char letter = 0;
    while (count > 0 && read(out_, &letter, 1) == 1) {
      text += letter;
      if (letter == '\n') --count;
    }
    return text;
  }
  Ran finish() {
    Ran ran;
    std::array<pollfd, 2> ends{pollfd{out_, POLLIN, 0}, pollfd{err_, POLLIN, 0}};
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
      if (poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) throw std::runtime_error{"poll"};
      for (pollfd& end : ends) {
        if (end.fd < 0 || end.revents == 0) continue;
        std::array<char, 4096> buffer{};
        const ssize_t size = read(end.fd, buffer.data(), buffer.size());
        if (size <= 0)
          end.fd = -1;
        else
          (end.fd == out_ ? ran.out : ran.err).append(buffer.data(), static_cast<std::size_t>(size));
      }
    }
    ran.code = wait();
    std::erase(ran.out, '\r');
    return ran;
  }

 private:
  [[noreturn]] static void run(const std::vector<std::string>& command, const Surroundings& surroundings, int in,
                               int out, int err) {
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    for (const char* const name : {"CASTORE_URL", "NO_COLOR", "COLUMNS"}) unsetenv(name);
    for (const auto& [name, value] : surroundings.environment) setenv(name.c_str(), value.c_str(), 1);
    if (!surroundings.folder.empty() && chdir(surroundings.folder.c_str()) != 0) _exit(126);
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    execvp(words[0], words.data());
    _exit(127);
  }
  static void write_input(int end, std::string_view text) {
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    while (!text.empty()) {  // less than a pipe holds, so that nobody waits for each other
      const ssize_t size = write(end, text.data(), text.size());
      if (size <= 0) break;
      text.remove_prefix(static_cast<std::size_t>(size));
    }
    close(end);
    std::signal(SIGPIPE, before);
  }
  int wait() {
    int status = 0;
    while (waitpid(id_, &status, 0) < 0 && errno == EINTR) continue;
    id_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  pid_t id_ = -1;
  int out_ = -1;
  int err_ = -1;
};

inline std::vector<std::string> castore_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), castore_tests::place::program);
  return arguments;
}
inline Ran run_castore(std::vector<std::string> arguments, const Surroundings& surroundings = {}) {
  return Process{castore_command(std::move(arguments)), surroundings}.finish();
}
inline Ran on_terminal(std::vector<std::string> arguments, unsigned short columns = 120,
                       std::map<std::string, std::string> environment = {}) {
  environment.emplace("TERM", "xterm");
  return run_castore(std::move(arguments), {.environment = std::move(environment), .columns = columns});
}

/// A run that must succeed and say nothing on standard error. @return Its output.
inline std::string output_of(std::vector<std::string> arguments, const Surroundings& surroundings = {}) {
  const Ran ran = run_castore(std::move(arguments), surroundings);
  CHECK(ran.err.empty());
  CAPTURE(ran.err);
  REQUIRE(ran.code == 0);
  return ran.out;
}
/// A run that must fail with an exit code. @return Its standard error.
inline std::string error_of(int code, std::vector<std::string> arguments, const Surroundings& surroundings = {}) {
  const Ran ran = run_castore(std::move(arguments), surroundings);
  CHECK(ran.out.empty());
  CHECK(ran.code == code);
  return ran.err;
}

inline std::string contents(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}
inline void write_file(const std::string& path, std::string_view text) {
  std::ofstream{path, std::ios::binary} << text;
}
inline std::size_t lines_in(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

inline Timestamp noon_and(int seconds) {
  return *parse_timestamp("2022-01-01T12:00:00Z") + std::chrono::seconds{seconds};
}
template <class Storage>
void put(Storage& storage, std::string_view store, std::string id, Version version, std::string type, int seconds,
         std::string payload = {}, std::string metadata = {}) {
  const PushRecord push{
      store, {std::move(id), version, std::move(type), noon_and(seconds), std::move(payload), std::move(metadata)}};
  REQUIRE(storage.push_events({&push, 1}, {}) == PushOutcome{});
}

/// A file with many events, so that a kill comes in the middle.
inline void make_many(const std::string& db, int count) {
  SqliteEventStorageAdapter storage{db, {.synchronous = SqliteSynchronous::normal}};
  std::vector<PushRecord> events;
  for (int index = 0; index < count; ++index) {
    const int id = index % 50;
    events.push_back({id % 3 == 0 ? "A" : "B",
                      {"a" + std::to_string(id), index / 50 + 1, "T", noon_and(index / 100), R"({"n":1})", {}}});
    if (events.size() == 100) {
      REQUIRE(storage.push_events(events, {}) == PushOutcome{});
      events.clear();
    }
  }
}

/// Two Pokemons and a trainer.
template <class Storage>
void put_pokemons(Storage& storage) {
  put(storage, "POKEMONS", "pikachu", 1, "POKEMON_APPEARED", 0,
      R"({"name":"Pikachu","level":5,"place":{"city":"Pallet","zone":1}})");
  put(storage, "TRAINERS", "ash", 1, "TRAINER_JOINED", 1, R"({"name":"Ash"})");
  put(storage, "POKEMONS", "pikachu", 2, "POKEMON_LEVELED_UP", 2, R"({"level":6})", R"({"by":"ash"})");
  put(storage, "POKEMONS", "eevee", 1, "POKEMON_APPEARED", 3, R"({"name":"Eevee","level":3})");
  put(storage, "POKEMONS", "pikachu", 3, "POKEMON_MOVED", 4, R"({"place":{"city":"Viridian"}})");
}

/// A folder with the file pokemons.db.
struct Pokemons {
  Pokemons() {
    SqliteEventStorageAdapter storage{db};
    put_pokemons(storage);
  }
  TempDirectory folder{};
  std::string db = folder / "pokemons.db";
};

}  // namespace castore::tool_tests

#endif
