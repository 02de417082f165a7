// SPDX-License-Identifier: MIT
#ifndef CASTORE_TESTS_SQS_S3_SUPPORT_HPP
#define CASTORE_TESTS_SQS_S3_SUPPORT_HPP

/// @file
/// What the tests share of messages that are kept in S3: buckets, and large messages.

#include <castore/messaging/adapters/aws/s3_messages.hpp>

#include "sqs/support.hpp"

#include <castore/aws/request_token.hpp>
#include <castore/aws/signature_v4.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace castore::sqs_tests {

/// A bucket of its own.
class Bucket {
 public:
  Bucket() { ask_server("/buckets/" + name_, "PUT", "{}"); }

  static constexpr std::size_t larger_than = 10'000;  ///< A limit that costs the tests less than that of a carrier.

  const std::string& name() const noexcept { return name_; }
  S3MessageOptions options(const FaultPlan& plan) const {
    return {.bucket = name_, .prefix = "monsters/", .endpoint = plan.endpoint(), .larger_than = larger_than};
  }
  /// Reads with credentials, or by the address in a message alone.
  S3MessageReader reader(bool use_presigned_urls = false, const std::string& path = {}) const {
    S3MessageReaderOptions options{
        .client = client_options(path), .retry = quick_retries(2), .use_presigned_urls = use_presigned_urls};
    if (use_presigned_urls) options.client.credentials = AwsCredentials{"NOBODY", "nothing", "", {}};
    return S3MessageReader{name_, options};
  }

 private:
  std::string name_ = "castore-" + detail::new_client_request_token(16);
};

inline MonsterMessage large(const std::string& id, Version version = 1) {
  return appeared(id, version, std::string(Bucket::larger_than, 'x') + "\xE6\xBC\xA2");
}

/// The keys that are written, in the order of the requests.
inline std::vector<std::string> keys_in(const FaultPlan& plan) {
  std::vector<std::string> keys;
  for (const Json& request : plan.log()) {
    if (request["operation"] != "S3 PUT") continue;
    const std::string url = request["url"];
    const std::size_t start = url.find('/', 1) + 1;
    keys.push_back(detail::percent_decode(url.substr(start, url.find('?') - start)));
  }
  return keys;
}

/// A key without its time, which is that of a moment: `monsters/MONSTERS/a/TIME#1`.
inline std::string without_time(const std::string& key) {
  const std::size_t start = key.rfind('/') + 1;
  const bool has_time = parse_timestamp(key.substr(start, 24)).has_value();
  return has_time ? key.substr(0, start) + "TIME" + key.substr(start + 24) : key;
}

}  // namespace castore::sqs_tests

#endif
