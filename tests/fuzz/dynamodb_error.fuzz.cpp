// SPDX-License-Identifier: MIT
// An answer that reports an error may say anything: what is shown of it is bounded, and no secret.

#include <castore/adapters/dynamodb/answers.hpp>

#include "fuzz/fuzz.hpp"

#include <castore/adapters/dynamodb/client.hpp>

#include <string>
#include <string_view>

using namespace castore_fuzz;

void try_input(std::string_view input) {
  constexpr std::string_view secrets[] = {"wJalrXUtnFEMI/K7MDENG", "IQoJb3JpZ2luX2VjEDAaCXVz", ""};
  const auto look_at = [&](const std::string& body) {
    is_taken<castore::AwsConnectionError>([&] {
      const auto error = castore::detail::read_dynamodb_error({.status = 400, .body = body}, secrets);
      const std::string_view what = error.what();
      require(what.size() < 1'500 && error.code().size() <= 100 && error.cancellation_reasons().size() <= 100,
              "what it says is bounded");
      require(!castore::detail::repeats_secret(what, secrets), "it repeats no secret");
      for (const std::string& reason : error.cancellation_reasons())
        require(reason.size() <= 100, "a reason is a name");
    });
  };
  look_at(std::string{input});
  look_at(R"({"__type":"x#ValidationException","message":")" + std::string{input} + std::string{secrets[0]} + "\"}");
}
