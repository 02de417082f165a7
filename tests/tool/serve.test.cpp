// SPDX-License-Identifier: MIT
// castore serve: what it prints, what it permits, and that the page is in the program.

#include <castore/adapters/http.hpp>

#include "tool/support.hpp"

#include <csignal>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

using namespace castore::tool_tests;
using castore::HttpEventStorageAdapter;

namespace {

class Served {
 public:
  explicit Served(std::vector<std::string> arguments)
      : process_{castore_command([&arguments] {
                   arguments.insert(arguments.begin(), "serve");
                   return std::move(arguments);
                 }()),
                 {}},
        line_{process_.read_lines(1)} {}

  /// What it prints, without the end of the line.
  std::string printed() const { return line_.substr(0, line_.size() - 1); }
  std::string url() const { return printed().substr(0, printed().rfind('/')); }
  std::string token() const {
    const std::size_t place = line_.find("#token=");
    return place == std::string::npos ? "" : printed().substr(place + 7);
  }

 private:
  Process process_;
  std::string line_;
};

std::string curl(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{"curl", "-s"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return Process{command, {}}.finish().out;
}

}  // namespace

TEST_CASE("castore serve prints the address of the page, which is in the program", "[tool]") {
  const Pokemons pokemons;
  const Served served{{pokemons.db}};
  CHECK(served.printed().starts_with("http://localhost:"));
  CHECK(served.token().empty());
  CHECK(curl({served.url() + '/'}).find("<!doctype html>") != std::string::npos);
  CHECK(curl({served.url() + "/v1/info"}).find(R"("database":"pokemons.db")") != std::string::npos);
}

TEST_CASE("castore serve shows no password, also of a URL without a database", "[tool]") {
  for (const std::string end : {"", "/", "?connect_timeout=1"}) {
    CAPTURE(end);
    const Served served{{"postgres://ash:pika-secret@127.0.0.1:1" + end}};
    const std::string info = curl({served.url() + "/v1/info"});
    CHECK(info.find(end == "/" ? R"("database":"")" : R"("database":"127.0.0.1:1")") != std::string::npos);
    CHECK(info.find("pika-secret") == std::string::npos);
  }
}

TEST_CASE("castore serve can be asked by the address that it prints, wherever it listens", "[tool]") {
  const Pokemons pokemons;
  for (const std::string address : {"127.0.0.1", "127.0.0.2", "0.0.0.0"}) {
    CAPTURE(address);
    const Served served{{pokemons.db, "--address", address}};
    CHECK(served.printed().starts_with(address == "127.0.0.2" ? "http://127.0.0.2:" : "http://localhost:"));
    CHECK(curl({served.url() + '/'}).find("<!doctype html>") != std::string::npos);
    CHECK(curl({served.url() + '/', "-H", "Host: evil.example"}).find("unknown_host") != std::string::npos);
  }
}

TEST_CASE("castore serve changes nothing unless it is told to", "[tool]") {
  const Pokemons pokemons;
  const Served served{{pokemons.db}};
  const std::string event = R"({"store":"S","aggregateId":"a","version":1,"type":"T"})";
  CHECK(curl({"-H", "Content-Type: application/json", "-d", event, served.url() + "/v1/events"}).find("read_only") !=
        std::string::npos);
}

TEST_CASE("castore serve --allow-writes lets write who has the address that it prints", "[tool]") {
  const Pokemons pokemons;
  const Served served{{pokemons.db, "--allow-writes"}};
  CHECK(served.token().size() == 32);
  HttpEventStorageAdapter storage{served.url(), {.token = served.token()}};
  put(storage, "POKEMONS", "mew", 1, "POKEMON_APPEARED", 9);
  const castore::PushRecord first{"POKEMONS", {"mew", 1, "OTHER", noon_and(9), {}, {}}};
  CHECK_THROWS_AS(storage.push_events({&first, 1}, {.force = true}), castore::StorageError);
  const Served forced{{pokemons.db, "--allow-writes", "--allow-force"}};
  HttpEventStorageAdapter other{forced.url(), {.token = forced.token()}};
  CHECK(other.push_events({&first, 1}, {.force = true}) == castore::PushOutcome{});
}

TEST_CASE("castore serve tells projections and dead letters", "[tool]") {
  const Pokemons pokemons;
  {
    castore::SqliteEventStorageAdapter storage{pokemons.db};
    storage.transact([](castore::SqliteTransaction& transaction) {
      CHECK(transaction.move_checkpoint("list", 1, 0, 2));
      transaction.add_dead_letter("list", 1, {.position = 2, .error = "no", .attempts = 1, .at = noon_and(0)});
    });
  }
  const Served served{{pokemons.db}};
  const std::string projections = curl({served.url() + "/v1/projections"});
  CHECK(projections.find(R"("lag":3,"name":"list","position":2,"state":"behind")") != std::string::npos);
  CHECK(curl({served.url() + "/v1/dead-letters"}).find(R"("aggregateId":"ash")") != std::string::npos);
}

TEST_CASE("castore serve says what is wrong with how it was called", "[tool]") {
  const Pokemons pokemons;
  CHECK(error_of(2, {"serve", pokemons.db, "--port", "70000"}).find("--port takes a number up to 65535") !=
        std::string::npos);
  CHECK(error_of(2, {"serve", pokemons.db, "--allow-force"}).find("--allow-force is for --allow-writes") !=
        std::string::npos);
  CHECK(error_of(1, {"serve", pokemons.folder / "none.db"}).find("it is not there") != std::string::npos);
  const Served served{{pokemons.db}};
  const std::string port = served.url().substr(served.url().rfind(':') + 1);
  CHECK(error_of(1, {"serve", pokemons.db, "--port", port}).find("Address already in use") != std::string::npos);
}
