// SPDX-License-Identifier: MIT
#ifndef CASTORE_TOOLS_CASTORE_SESSION_HPP
#define CASTORE_TOOLS_CASTORE_SESSION_HPP

#include "tools/castore/command.hpp"
#include "tools/castore/database.hpp"
#include "tools/castore/output.hpp"

#include <castore/core/any_event_storage_adapter.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace castore::tool {

/// What a command works with: its database, opened when it is first asked for, and its output.
class Session {
 public:
  Session(std::string url, Output& output) : url_{std::move(url)}, output_{output} {}

  Output& output() noexcept { return output_; }
  const std::string& url() const noexcept { return url_; }
  Database& database(Access access = Access::read) {
    if (!database_) database_ = open_database(url_, access);
    return *database_;
  }
  AnyEventStorageAdapter storage() { return database().storage(); }

 private:
  std::string url_;
  Output& output_;
  std::unique_ptr<Database> database_;
};

}  // namespace castore::tool

#endif
