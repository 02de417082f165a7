// SPDX-License-Identifier: MIT
#include "tutorial/json_lines_adapter.hpp"

#include <castore/testing/catch2.hpp>

#include <filesystem>
#include <memory>
#include <string>

#include <stdlib.h>

namespace {

class JsonLinesFixture {
 public:
  JsonLinesFixture() { close_and_reopen(); }
  JsonLinesFixture(const JsonLinesFixture&) = delete;
  JsonLinesFixture& operator=(const JsonLinesFixture&) = delete;
  ~JsonLinesFixture() {
    storage_.reset();
    std::filesystem::remove_all(folder_);
  }

  JsonLinesEventStorageAdapter& adapter() { return *storage_; }
  std::unique_ptr<JsonLinesEventStorageAdapter> reopen() const {
    return std::make_unique<JsonLinesEventStorageAdapter>(folder_ / "events.jsonl");
  }
  void close_and_reopen() {
    storage_.reset();
    storage_ = reopen();
  }

 private:
  static std::filesystem::path make_folder() {
    std::string name = std::filesystem::temp_directory_path() / "castore-XXXXXX";
    return mkdtemp(name.data());
  }

  std::filesystem::path folder_ = make_folder();
  std::unique_ptr<JsonLinesEventStorageAdapter> storage_;
};

const bool registered = castore::testing::register_adapter_laws<JsonLinesFixture>("JSON Lines");

}  // namespace
