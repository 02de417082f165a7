// SPDX-License-Identifier: MIT
#ifndef CASTORE_ADAPTERS_DYNAMODB_ERRORS_HPP
#define CASTORE_ADAPTERS_DYNAMODB_ERRORS_HPP

#include <castore/adapters/dynamodb/client.hpp>
#include <castore/adapters/dynamodb/retry.hpp>
#include <castore/core/errors.hpp>
#include <castore/detail/text.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace castore::detail {

struct DynamoDbTranslation {
  std::string_view code;
  std::string_view text;
};

inline constexpr DynamoDbTranslation dynamodb_translations[] = {
    {"ResourceNotFoundException",
     "there is no such table, or it has no index 'initialEvents'; create them (docs/guides/dynamodb.md), or correct the "
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

/// Why an error happened, as far as it is the cause of a failed operation.
inline std::string without_prefix(std::string_view what) {
  constexpr std::string_view prefix = "castore: ";
  return std::string{what.starts_with(prefix) ? what.substr(prefix.size()) : what};
}

inline constexpr std::string_view dynamodb_write_unknown =
    ". Whether it was written is unknown: load the aggregate to see";

/// Throws a StorageError around the error that is being handled.
/// @param action What was tried, as it stands after "cannot": `push to table 'events'`.
/// @param may_be_done Whether an attempt before may have done it all the same.
[[noreturn]] inline void throw_dynamodb_refusal(const std::string& action, const DynamoDbError& error,
                                                bool may_be_done) {
  std::string what = "cannot " + action + ": " + std::string{translate_dynamodb_code(error.code())} +
                     ". Reason: " + without_prefix(error.what());
  if (may_be_done) what += dynamodb_write_unknown;
  std::throw_with_nested(StorageError{what});
}

}  // namespace castore::detail

#endif
