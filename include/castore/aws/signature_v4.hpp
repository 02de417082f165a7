// SPDX-License-Identifier: MIT
#ifndef CASTORE_AWS_SIGNATURE_V4_HPP
#define CASTORE_AWS_SIGNATURE_V4_HPP

/// @file
/// AWS Signature Version 4.
/// Source: AWS IAM User Guide, "Create a signed AWS API request".

#include <castore/aws/credentials.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace castore::detail {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// What of a request is signed.
struct AwsRequest {
  std::string method{};
  std::string path{"/"};  ///< As it is sent, with its percent escapes.
  std::string query{};    ///< As it is sent, without the question mark.
  HttpHeaders headers{};  ///< All that are to be signed; `Host` must be among them.
  std::string_view body{};
  bool has_plain_path = false;  ///< The path is signed as it is, as S3 wants it: a key may hold anything.
};

/// Where and when a signature is valid.
struct AwsScope {
  std::string_view region{};
  std::string_view service{};
  std::chrono::sys_seconds time{};
};

inline std::string hexadecimal(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4U];
    text += digits[static_cast<unsigned char>(byte) & 0xFU];
  }
  return text;
}

inline std::string sha256(std::string_view data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(data.data(), data.size(), digest, &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error{"castore: OpenSSL cannot compute SHA-256"};
  }
  return {reinterpret_cast<const char*>(digest), size};
}

inline std::string hmac_sha256(std::string_view key, std::string_view data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()),
           data.size(), digest, &size) == nullptr) {
    throw std::runtime_error{"castore: OpenSSL cannot compute an HMAC"};
  }
  return {reinterpret_cast<const char*>(digest), size};
}

/// `20150830T123600Z`
inline std::string amz_date(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  const auto padded = [](auto value, std::size_t width) {
    std::string text = std::to_string(value);
    return std::string(width > text.size() ? width - text.size() : 0, '0') + text;
  };
  return padded(static_cast<int>(date.year()), 4) + padded(static_cast<unsigned>(date.month()), 2) +
         padded(static_cast<unsigned>(date.day()), 2) + "T" + padded(clock.hours().count(), 2) +
         padded(clock.minutes().count(), 2) + padded(clock.seconds().count(), 2) + "Z";
}

/// RFC 3986: everything but unreserved characters becomes `%XX`.
inline std::string percent_encode(std::string_view text, bool keep_slash = false) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    const bool unreserved = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                            (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.' || byte == '~';
    if (unreserved || (keep_slash && byte == '/')) {
      encoded += character;
    } else {
      encoded += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
    }
  }
  return encoded;
}

inline std::string percent_decode(std::string_view text) {
  const auto digit = [](char character) {
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10;
    return character >= 'A' && character <= 'F' ? character - 'A' + 10 : -1;
  };
  std::string decoded;
  for (std::size_t place = 0; place < text.size(); ++place) {
    if (text[place] == '%' && place + 2 < text.size() && digit(text[place + 1]) >= 0 && digit(text[place + 2]) >= 0) {
      decoded += static_cast<char>(16 * digit(text[place + 1]) + digit(text[place + 2]));
      place += 2;
    } else {
      decoded += text[place];
    }
  }
  return decoded;
}

/// The path with `.`, `..` and empty segments resolved (RFC 3986, 5.2.4), then escaped once more.
inline std::string canonical_path(std::string_view path) {
  std::vector<std::string_view> segments;
  const bool is_folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  while (!path.empty()) {
    const std::size_t end = (std::min)(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix((std::min)(end + 1, path.size()));
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
  }
  std::string joined;
  for (const std::string_view segment : segments) joined.append("/").append(segment);
  if (joined.empty() || is_folder) joined += '/';
  return percent_encode(joined, true);
}

inline std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const std::size_t end = (std::min)(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix((std::min)(end + 1, query.size()));
    if (parameter.empty()) continue;
    const std::size_t equals = (std::min)(parameter.find('='), parameter.size());
    const std::string_view value = parameter.substr((std::min)(equals + 1, parameter.size()));
    parameters.emplace_back(percent_encode(percent_decode(parameter.substr(0, equals))),
                            percent_encode(percent_decode(value)));
  }
  std::ranges::sort(parameters);
  std::string text;
  for (const auto& [name, value] : parameters) text.append(text.empty() ? "" : "&").append(name + "=" + value);
  return text;
}

/// Names in lower case and sorted, values without outer and repeated spaces, those of one name joined in their order.
inline HttpHeaders canonical_headers(const HttpHeaders& headers) {
  HttpHeaders result;
  for (const auto& [name, value] : headers) {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](char character) {
      return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
    });
    std::string trimmed;
    for (const char character : value) {
      if (character != ' ') {
        trimmed += character;
      } else if (!trimmed.empty() && trimmed.back() != ' ') {
        trimmed += ' ';
      }
    }
    if (trimmed.ends_with(' ')) trimmed.pop_back();
    const auto same = std::ranges::find(result, lower, &HttpHeaders::value_type::first);
    if (same == result.end()) {
      result.emplace_back(std::move(lower), std::move(trimmed));
    } else {
      same->second += ',' + trimmed;
    }
  }
  std::ranges::sort(result, {}, &HttpHeaders::value_type::first);
  return result;
}

/// `20150830/eu-west-1/s3/aws4_request`
inline std::string scope_text(const AwsScope& scope) {
  return amz_date(scope.time).substr(0, 8) + "/" + std::string{scope.region} + "/" + std::string{scope.service} +
         "/aws4_request";
}

struct AwsSignature {
  std::string canonical_request;
  std::string string_to_sign;
  std::string signature;
  std::string authorization;  ///< The value of the header `Authorization`.
};

/// @param request With the headers `Host`, `X-Amz-Date` and, where there is a session token, `X-Amz-Security-Token`.
/// @param payload What is signed of the body; its hash unless given.
inline AwsSignature sign_v4(const AwsRequest& request, const AwsCredentials& credentials, const AwsScope& scope,
                            std::string payload = {}) {
  if (payload.empty()) payload = hexadecimal(sha256(request.body));
  const HttpHeaders headers = canonical_headers(request.headers);
  std::string header_lines;
  std::string names;
  for (const auto& [name, value] : headers) {
    header_lines.append(name).append(":").append(value).append("\n");
    names.append(names.empty() ? "" : ";").append(name);
  }
  AwsSignature signature;
  signature.canonical_request = request.method + "\n" +
                                (request.has_plain_path ? request.path : canonical_path(request.path)) + "\n" +
                                canonical_query(request.query) + "\n" + header_lines + "\n" + names + "\n" + payload;
  const std::string time = amz_date(scope.time);
  const std::string date = time.substr(0, 8);
  const std::string credential_scope = scope_text(scope);
  signature.string_to_sign =
      "AWS4-HMAC-SHA256\n" + time + "\n" + credential_scope + "\n" + hexadecimal(sha256(signature.canonical_request));
  std::string key = hmac_sha256("AWS4" + credentials.secret_access_key, date);
  for (const std::string_view part : {scope.region, scope.service, std::string_view{"aws4_request"}}) {
    key = hmac_sha256(key, part);
  }
  signature.signature = hexadecimal(hmac_sha256(key, signature.string_to_sign));
  signature.authorization = "AWS4-HMAC-SHA256 Credential=" + credentials.access_key_id + "/" + credential_scope +
                            ", SignedHeaders=" + names + ", Signature=" + signature.signature;
  return signature;
}

/// The query by which whoever has it may send a request without a body, until it ends.
/// @param request With the header `Host`, and no query. @param lifetime From the time of the scope.
inline std::string presigned_query(AwsRequest request, const AwsCredentials& credentials, const AwsScope& scope,
                                   std::chrono::seconds lifetime) {
  request.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" +
                  percent_encode(credentials.access_key_id + "/" + scope_text(scope)) +
                  "&X-Amz-Date=" + amz_date(scope.time) + "&X-Amz-Expires=" + std::to_string(lifetime.count()) +
                  "&X-Amz-SignedHeaders=host";
  if (!credentials.session_token.empty()) {
    request.query += "&X-Amz-Security-Token=" + percent_encode(credentials.session_token);
  }
  return request.query + "&X-Amz-Signature=" + sign_v4(request, credentials, scope, "UNSIGNED-PAYLOAD").signature;
}

}  // namespace castore::detail

#endif
