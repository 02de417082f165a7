// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SQS_SCRIPTED_CLIENT_HPP
#define CASTORE_TESTS_SQS_SCRIPTED_CLIENT_HPP

#include "sqs/support.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace castore::sqs_tests {

/// Gives the answers of a test.
struct ScriptedClient {
  std::vector<std::string> operations{};
  std::vector<Json> requests{};
  std::vector<std::string> answers{};
  std::function<void(std::string_view operation)> before_answer{};  ///< Throws what the client is to throw.

  std::string call(std::string_view operation, const std::string& request) {
    operations.emplace_back(operation);
    requests.push_back(Json::parse(request));
    if (before_answer) before_answer(operation);
    if (operations.size() > answers.size()) return "{}";
    return answers[operations.size() - 1];
  }
};

inline std::string received(const std::vector<std::string>& ids) {
  Json answer{{"Messages", Json::array()}};
  for (const std::string& id : ids) {
    answer["Messages"].push_back({{"ReceiptHandle", id}, {"Body", Json(appeared(id)).dump()}});
  }
  return answer.dump();
}

}  // namespace castore::sqs_tests

#endif
