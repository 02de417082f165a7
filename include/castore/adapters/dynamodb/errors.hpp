// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_ERRORS_HPP
#define CASTORE_ADAPTERS_DYNAMODB_ERRORS_HPP

#include <castore/adapters/dynamodb/client.hpp>
#include <castore/config.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>
#include <castore/fwd.hpp>

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace castore {

/// @brief An item in a table of events is not an event, or is a damaged one. A load or list that meets it fails with
/// this error; a list may also leave it out, see `DynamoDbDamagedEntries`.
/// **Handling:** report: somebody has to correct or delete that item. The error says which it is.
class CASTORE_DETAIL_THROWN DynamoDbDamagedItemError : public StorageError {
 public:
  /// @brief Says what is wrong with which attribute. @param key What the item has as `aggregateId`.
  DynamoDbDamagedItemError(std::string table, std::string key, std::optional<Version> version, std::string attribute,
                           const std::string& what)
      : StorageError{"DynamoDB table " + detail::in_quotes(table) + ", item " + detail::in_quotes(key) +
                     (version ? " version " + std::to_string(*version) : "") + ", attribute " +
                     detail::in_quotes(attribute) + ": " + detail::safe_text(what) + "; correct or delete that item"},
        table_{std::move(table)},
        key_{std::move(key)},
        version_{version},
        attribute_{std::move(attribute)} {}

  /// @brief The table's name.
  const std::string& table() const noexcept { return table_; }
  /// @brief The item's `aggregateId` as it is stored, such as `POKEMONS#pikachu`; empty when it has none.
  const std::string& key() const noexcept { return key_; }
  /// @brief The item's version; nothing when it has none.
  const std::optional<Version>& version() const noexcept { return version_; }
  /// @brief The attribute that is wrong or missing.
  const std::string& attribute() const noexcept { return attribute_; }

 private:
  std::string table_;
  std::string key_;
  std::optional<Version> version_;
  std::string attribute_;
};

}  // namespace castore

namespace castore::detail {

struct DynamoDbTranslation {
  std::string_view code;
  std::string_view text;
};

inline constexpr DynamoDbTranslation dynamodb_translations[] = {
    {"ResourceNotFoundException",
     "there is no such table, or it has no index 'initialEvents'; create them (docs/guides/dynamodb.md), or correct "
     "the "
     "table's name, the region or the endpoint"},
    {"AccessDeniedException", "access was denied; allow the actions that docs/guides/dynamodb.md lists"},
    {"UnrecognizedClientException",
     "the credentials are unknown; correct them, or the region or endpoint they are for"},
    {"InvalidSignatureException", "the signature is wrong; correct the secret key or the system's clock"},
    {"SignatureDoesNotMatch", "the signature is wrong; correct the secret key or the system's clock"},
    {"MissingAuthenticationTokenException", "the endpoint found no signature; is it DynamoDB's?"},
    {"ExpiredTokenException", "the credentials have expired; get new ones, or give a function that does"},
    {"ItemCollectionSizeLimitExceededException",
     "the aggregate is larger than a table with a local secondary index allows; remove the index"},
    {"IdempotentParameterMismatchException", "the request was changed on its way; report this"},
    {"ValidationException", "it refused the request; has the table the keys that docs/guides/dynamodb.md describes?"},
};

inline std::string_view translate_dynamodb_code(std::string_view code) {
  for (const DynamoDbTranslation& translation : dynamodb_translations) {
    if (translation.code == code) return translation.text;
  }
  return "it refused; report this with the reason it gave";
}

/// What an attempt to push was that failed: its message and whether the push may nevertheless have been done.
inline StorageError dynamodb_storage_error(std::string what, bool retryable, bool may_be_done) {
  if (!may_be_done) return StorageError{what, retryable};
  what += ". Whether it was written is unknown: load the aggregate to see";
  return StorageError{what, false, StorageError::Outcome::unknown};
}

/// Throws a StorageError around the error that is being handled.
/// @param action What was tried, as it stands after "cannot": `push to table 'events'`.
/// @param may_be_done Whether an attempt before may nevertheless have done it.
[[noreturn]] inline void throw_dynamodb_refusal(const std::string& action, const DynamoDbError& error,
                                                bool may_be_done) {
  std::throw_with_nested(dynamodb_storage_error("cannot " + action + ": " +
                                                    std::string{translate_dynamodb_code(error.code())} +
                                                    ". Reason: " + without_prefix(error.what()),
                                                false, may_be_done));
}

}  // namespace castore::detail

#endif
