// SPDX-License-Identifier: MIT
#ifndef CASTORE_TOOLS_CASTORE_DATABASE_HPP
#define CASTORE_TOOLS_CASTORE_DATABASE_HPP

/// @file
/// A database of events of any kind. A file in databases/ makes a kind known by a RegisterDatabase.

#include <castore/core/any_event_storage_adapter.hpp>
#include <castore/core/dead_letters.hpp>
#include <castore/fwd.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace castore {
struct StoredRow;
}

namespace castore::tool {

enum class Access {
  read,     ///< Nothing is changed, and nothing is created.
  imagine,  ///< The same, and a file that is missing is taken for an empty one: for dry runs.
  change,   ///< What is there may be changed.
  create    ///< The same, and what is missing is created.
};

/// How far something that reads events has come.
struct ReaderState {
  std::string name;
  int version = 0;
  Position position = 0;
  std::string updated_at;
};

/// An event that a reader left out.
struct KeptDeadLetter {
  std::string name;
  int version = 0;
  EventDeadLetter letter;
};

class Database {
 public:
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() = default;

  virtual AnyEventStorageAdapter storage() = 0;
  /// Every row of its table, those of one aggregate together in the order of their versions.
  virtual void for_each_row(const std::function<void(const StoredRow&)>& look) = 0;
  /// What is kept of readers, as it is stored.
  virtual std::vector<ReaderState> readers() = 0;
  virtual std::vector<KeptDeadLetter> dead_letters() = 0;
};

/// Opens what a text names: a file, or a URL. @throws UsageError when it means nothing; StorageError
std::unique_ptr<Database> open_database(const std::string& url, Access access);

/// A URL in its parts, without escapes: `dynamodb://table?region=eu-west-1`.
struct DatabaseUrl {
  std::string rest;  ///< Between `://` and `?`.
  std::map<std::string, std::string> parameters;

  /// @throws UsageError when there is a parameter that is not among these
  static DatabaseUrl parse(const std::string& url, const std::vector<std::string>& known);
  std::string parameter(const std::string& name) const;
};

struct RegisterDatabase {
  using Open = std::unique_ptr<Database> (*)(const std::string& url, Access access);
  /// @param schemes What a URL of it begins with, such as `postgres://`; empty for what has none.
  RegisterDatabase(std::vector<std::string> schemes, Open open);
};

}  // namespace castore::tool

#endif
