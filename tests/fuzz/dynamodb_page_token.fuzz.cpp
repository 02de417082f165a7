// SPDX-License-Identifier: MIT
// A page token of DynamoDB's lists, Castore's JSON, is understood or refused by its own error.

#include <castore/adapters/dynamodb/page_token.hpp>

#include "fuzz/fuzz.hpp"

#include <castore/core/errors.hpp>

#include <string>
#include <string_view>

using namespace castore_fuzz;

void try_input(std::string_view input) {
  const castore::detail::DynamoDbIndexPartition partition{"eventStoreId", {{"S", "POKEMONS"}}, "POKEMONS#"};
  is_taken<castore::InvalidPageTokenError>([&] {
    const auto request = castore::detail::resolve_dynamodb_page_request({.page_token = std::string{input}}, partition);
    require(request.last && request.last->aggregate_id.starts_with("POKEMONS#"), "a page starts within its store");
    const std::string again = castore::detail::make_dynamodb_page_token(request, *request.last, partition);
    const auto repeated = castore::detail::resolve_dynamodb_page_request({.page_token = again}, partition);
    require(repeated.last->aggregate_id == request.last->aggregate_id && repeated.limit == request.limit &&
                repeated.after == request.after && repeated.before == request.before,
            "a token of what was read is read as the same");
  });
}
