// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_TABLES_HPP
#define CASTORE_ADAPTERS_DYNAMODB_TABLES_HPP

#include <castore/adapters/dynamodb/attribute_values.hpp>
#include <castore/adapters/dynamodb/page_token.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief Castore's deprecated layout: each event store has a table of its own, whose initial events carry
/// `isInitialEvent`. For those who have such tables; events of any other event store are refused.
/// @code
/// castore::DynamoDbEventStorageAdapter storage{
///     castore::DynamoDbTablePerEventStore{{{"POKEMONS", "pokemon-events"}}}};
/// @endcode
struct DynamoDbTablePerEventStore {
  std::map<std::string, std::string, std::less<>> tables{};  ///< From event store id to table name.
};

namespace detail {

/// As errors name it.
inline std::string dynamodb_table_name(std::string_view table) { return "DynamoDB table " + in_quotes(table); }

/// Which table and which keys an event store has.
class DynamoDbTables {
 public:
  explicit DynamoDbTables(std::string table) : table_{std::move(table)} {}
  explicit DynamoDbTables(DynamoDbTablePerEventStore per_store)
      : is_single_{false}, per_store_{std::move(per_store.tables)} {}

  /// One table for all event stores.
  bool is_single() const noexcept { return is_single_; }

  /// @throws InvalidEventError when the layout has no place for this event store.
  const std::string& table(std::string_view event_store_id) const {
    if (is_single_) {
      // The longest leaves room for the '#' alone.
      if (event_store_id.empty() || event_store_id.find('#') != std::string_view::npos ||
          event_store_id.size() >= dynamodb_max_key_size) {
        throw InvalidEventError{"event_store_id",
                                in_quotes(event_store_id) +
                                    " cannot be kept in DynamoDB, where it begins each key and ends with a '#' there; "
                                    "choose one of 1 to 2047 bytes without '#'"};
      }
      return table_;
    }
    const auto found = per_store_.find(event_store_id);
    if (found == per_store_.end()) {
      throw InvalidEventError{"event_store_id",
                              in_quotes(event_store_id) + " has no table; name one in DynamoDbTablePerEventStore"};
    }
    return found->second;
  }

  /// @throws InvalidEventError
  std::string key(std::string_view event_store_id, std::string_view aggregate_id) const {
    std::string key;
    if (is_single_) key.append(event_store_id).append("#");
    key.append(aggregate_id);
    if (key.empty() || key.size() > dynamodb_max_key_size) {
      // The longer one of the two is to blame.
      const bool is_store = is_single_ && event_store_id.size() > aggregate_id.size();
      throw InvalidEventError{is_store ? "event_store_id" : "aggregate_id",
                              in_quotes(is_store ? event_store_id : aggregate_id) +
                                  " cannot be kept in DynamoDB: event store id, '#' and aggregate id make a key, which "
                                  "has 1 to 2048 bytes; this one has " +
                                  std::to_string(key.size())};
    }
    return key;
  }

  DynamoDbIndexPartition index_partition(std::string_view event_store_id) const {
    if (!is_single_) return {"isInitialEvent", {{"N", "1"}}, ""};
    return {"eventStoreId", {{"S", event_store_id}}, std::string{event_store_id} + "#"};
  }

 private:
  bool is_single_ = true;
  std::string table_;
  std::map<std::string, std::string, std::less<>> per_store_;
};

}  // namespace detail
}  // namespace castore

#endif
