// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_PAGES_HPP
#define CASTORE_ADAPTERS_DYNAMODB_PAGES_HPP

#include <castore/adapters/dynamodb/answers.hpp>
#include <castore/adapters/dynamodb/caller.hpp>
#include <castore/adapters/dynamodb/errors.hpp>
#include <castore/aws/json_scanner.hpp>
#include <castore/core/errors.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore::detail {

/// The requests of one load or list, one for each page.
class DynamoDbPages {
 public:
  /// @param what As an error says it after "cannot".
  /// @param start The key after which the first page begins; empty: at the beginning.
  DynamoDbPages(const DynamoDbCaller& caller, std::string what, std::size_t max_pages, std::string start = {})
      : caller_{caller}, action_{std::move(what)}, max_pages_{max_pages}, start_{std::move(start)} {}

  /// The key after which the next page begins.
  const std::string& start() const noexcept { return start_; }
  bool is_last() const noexcept { return page_.last_evaluated_key.empty(); }

  /// Asks for the next page. It has a deadline of its own, as it brings something. @return Views into it, until the
  /// next.
  /// @throws StorageError
  const QueryAnswer& next(const std::string& query) {
    if (count_++ == max_pages_) {
      throw StorageError{"cannot " + action_.what + ": there is more after " + std::to_string(max_pages_) +
                         " requests; allow more by max_pages"};
    }
    action_.deadline.reset();
    answer_ = caller_.call_or_throw("Query", query, action_);
    try {
      page_ = read_query_answer(answer_);
    } catch (const JsonScanError& error) {
      refuse(error.what());
    }
    if (!is_last() && start_ == page_.last_evaluated_key) refuse("it ends where it began");
    start_ = page_.last_evaluated_key;
    return page_;
  }

  [[noreturn]] void refuse(const std::string& what) const { throw damaged_dynamodb_answer(action_, what); }

 private:
  const DynamoDbCaller& caller_;
  DynamoDbAction action_;
  std::size_t max_pages_;
  std::size_t count_ = 0;
  std::string answer_;
  QueryAnswer page_;
  std::string start_;
};

/// Reads an item and looks at it. @throws DynamoDbDamagedItemError that says which one it is
template <class Look>
auto read_dynamodb_item(const std::string& table, std::string_view item, StoredEvent& event, const Look& look) {
  const auto error = [&](std::string attribute, const char* what) {
    const auto version = event.version() == 0 ? std::nullopt : std::optional{event.version()};
    return DynamoDbDamagedItemError{table, event.key().aggregate_id, version, std::move(attribute), what};
  };
  try {
    event.read(item);
    return look();
  } catch (const DamagedAttribute& damaged) {
    throw error(damaged.attribute(), damaged.what());
  } catch (const JsonScanError& damaged) {
    throw error("", damaged.what());
  }
}

}  // namespace castore::detail

#endif
