// SPDX-License-Identifier: MIT
// A file of the tutorial's adapter that a crash left behind is readable.

#include "tutorial/json_lines_adapter.hpp"

#include <castore/castore.hpp>

#include "pokemon/pokemon.hpp"
#include "support/catch.hpp"

#include <csignal>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <stdlib.h>
#include <sys/resource.h>

namespace {

/// A file in a folder of its own, which ends with the object.
class TemporaryFile {
 public:
  TemporaryFile() {
    std::string name = std::filesystem::temp_directory_path() / "castore-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove_all(folder_); }

  std::filesystem::path path() const { return folder_ / "events.jsonl"; }
  std::string text() const {
    std::ifstream file{path(), std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  void append(std::string_view text) const { std::ofstream{path(), std::ios::app | std::ios::binary} << text; }

 private:
  std::filesystem::path folder_;
};

/// Files cannot grow beyond that many bytes while the object lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_{std::signal(SIGXFSZ, SIG_IGN)} {
    getrlimit(RLIMIT_FSIZE, &old_limit_);
    rlimit limit = old_limit_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_limit_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_limit_{};
  void (*old_handler_)(int);
};

/// What a function throws as a StorageError, empty when it throws none.
template <class Function>
std::string storage_error_of(Function function) {
  try {
    function();
  } catch (const castore::StorageError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a push is one line of JSON in Castore's shape, with the event store's id") {
  TemporaryFile file;
  JsonLinesEventStorageAdapter storage{file.path()};
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5}, {.timestamp = castore::Timestamp{}});
  CHECK(file.text() == R"([{"aggregateId":"pikachu","eventStoreId":"POKEMONS","payload":{"level":5,"name":"Pikachu"},)"
                       R"("timestamp":"1970-01-01T00:00:00.000Z","type":"POKEMON_APPEARED","version":1}])"
                       "\n");
}

TEST_CASE("of a torn last line nothing is read, whether the file is opened then or open already") {
  TemporaryFile file;
  JsonLinesEventStorageAdapter storage{file.path()};
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  const std::string whole = file.text();

  for (std::size_t length = 1; length < whole.size(); ++length) {
    file.append(std::string_view{whole}.substr(0, length));
    CHECK(pokemons.get_existing_aggregate("pikachu").version == 2);
    JsonLinesEventStorageAdapter reopened{file.path()};
    CHECK(PokemonStore{"POKEMONS", reopened}.get_existing_aggregate("pikachu").version == 2);
    std::filesystem::resize_file(file.path(), whole.size());
  }
}

TEST_CASE("of a group that a crash has torn nothing is read") {
  TemporaryFile file;
  {
    JsonLinesEventStorageAdapter storage{file.path()};
    PokemonStore{"POKEMONS", storage}.push_events("pikachu", 0, PokemonAppeared{"Pikachu", 5}, PokemonLeveledUp{});
  }
  std::filesystem::resize_file(file.path(), std::filesystem::file_size(file.path()) - 1);
  JsonLinesEventStorageAdapter storage{file.path()};
  CHECK(PokemonStore{"POKEMONS", storage}.get_events("pikachu").empty());
}

TEST_CASE("a push takes the place of a torn last line") {
  TemporaryFile file;
  JsonLinesEventStorageAdapter storage{file.path()};
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  file.append("[{\"aggregateId\":\"pika");
  pokemons.push_event("pikachu", 2, PokemonLeveledUp{});

  CHECK(file.text().find("\"pika[") == std::string::npos);
  JsonLinesEventStorageAdapter reopened{file.path()};
  CHECK(PokemonStore{"POKEMONS", reopened}.get_existing_aggregate("pikachu").level == 6);
}

TEST_CASE("a push that finds no room leaves the adapter usable and the storage as it was") {
  TemporaryFile file;
  JsonLinesEventStorageAdapter storage{file.path()};
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  const std::string before = file.text();
  {
    const FileSizeLimit limit{before.size() + 10};
    CHECK(storage_error_of([&] { pokemons.push_event("pikachu", 2, PokemonLeveledUp{}); }) ==
          "castore: JSON Lines file '" + file.path().string() +
              "' cannot be written; see that its disk has room and that it is not read-only");
    CHECK(file.text().size() == before.size() + 10);
    CHECK(pokemons.get_existing_aggregate("pikachu").version == 1);
  }
  pokemons.push_event("pikachu", 2, PokemonLeveledUp{});
  JsonLinesEventStorageAdapter reopened{file.path()};
  CHECK(PokemonStore{"POKEMONS", reopened}.get_existing_aggregate("pikachu").version == 2);
}

TEST_CASE("a line that is whole but damaged is an error that says where and why") {
  TemporaryFile file;
  JsonLinesEventStorageAdapter storage{file.path()};
  PokemonStore pokemons{"POKEMONS", storage};
  pokemons.push_event("pikachu", 1, PokemonAppeared{"Pikachu", 5});
  const std::string place = std::to_string(file.text().size());
  file.append("[{\"aggregateId\":\"pika\n");

  CHECK(storage_error_of([&] { pokemons.get_events("pikachu"); }) ==
        "castore: JSON Lines file '" + file.path().string() + "' has a damaged line at byte " + place);
  try {
    JsonLinesEventStorageAdapter reopened{file.path()};
    FAIL("a damaged file was opened");
  } catch (const castore::StorageError& error) {
    try {
      std::rethrow_if_nested(error);
      FAIL("the reason is missing");
    } catch (const nlohmann::json::parse_error& reason) {
      CHECK(reason.id == 101);
    }
  }
}

TEST_CASE("a file that cannot be opened is an error that names it") {
  TemporaryFile file;
  const std::string path = file.path() / "missing folder" / "events.jsonl";
  CHECK(storage_error_of([&] { JsonLinesEventStorageAdapter{path}; }) ==
        "castore: JSON Lines file '" + path +
            "' cannot be opened or created; see that its folder exists and may be written to");
}
