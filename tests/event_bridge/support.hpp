// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_EVENT_BRIDGE_SUPPORT_HPP
#define CASTORE_TESTS_EVENT_BRIDGE_SUPPORT_HPP

/// @file
/// What the tests of Amazon EventBridge share: buses. The rest is that of the tests of SQS.

#include <castore/messaging/adapters/event_bridge.hpp>

#include "sqs/support.hpp"

#include <castore/aws/request_token.hpp>

#include <string>
#include <vector>

namespace castore::event_bridge_tests {

using namespace castore::sqs_tests;

/// A bus of its own, and perhaps a queue that gets all of its events.
class Bus {
 public:
  explicit Bus(const std::string& queue_url = {}) {
    ask_server("/buses/" + name_, "PUT", Json{{"queueUrl", queue_url}}.dump());
  }

  const std::string& name() const noexcept { return name_; }
  /// What it has delivered, as its targets get it.
  std::vector<std::string> events() const { return ask_server("/buses/" + name_).get<std::vector<std::string>>(); }

 private:
  std::string name_ = "castore-" + detail::new_client_request_token(16);
};

}  // namespace castore::event_bridge_tests

#endif
