// SPDX-License-Identifier: MIT
// The client trusts whom it is told to trust, and nobody else.

#include <castore/adapters/dynamodb.hpp>

#include "dynamodb/support.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

using namespace castore::dynamodb_tests;
using castore::AwsConnectionError;
using castore::DynamoDbHttpClient;

namespace {

std::string text_in(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

/// A key and a certificate of its own for an address.
Json self_signed(const char* address) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  const std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), &X509_free};
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3'600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("castore"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, address);
  X509_add_ext(certificate.get(), extension, -1);
  X509_EXTENSION_free(extension);
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) throw std::runtime_error{"no certificate"};
  const std::unique_ptr<BIO, decltype(&BIO_free)> key_text{BIO_new(BIO_s_mem()), &BIO_free};
  const std::unique_ptr<BIO, decltype(&BIO_free)> certificate_text{BIO_new(BIO_s_mem()), &BIO_free};
  PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  PEM_write_bio_X509(certificate_text.get(), certificate.get());
  return {{"key", text_in(key_text.get())}, {"certificate", text_in(certificate_text.get())}};
}

}  // namespace

TEST_CASE("a server is trusted by its certificate only") {
  const auto path = std::filesystem::temp_directory_path() / (castore::detail::new_client_request_token() + ".pem");
  for (const bool is_right : {true, false}) {
    const Json identity = self_signed(is_right ? "IP:127.0.0.1" : "DNS:elsewhere.example");
    auto options = server_options();
    options.endpoint = "https://127.0.0.1:" + ask_server("/tls", "PUT", identity.dump())["port"].dump();
    const auto unknown =
        error_of<AwsConnectionError>([&] { DynamoDbHttpClient{options}.call("ListTables", "{}"); });
    CHECK_FALSE(unknown.request_sent());
    CHECK_FALSE(unknown.retryable());
    std::ofstream{path} << identity["certificate"].get<std::string>();
    options.ca_file = path;
    if (is_right) {
      CHECK(Json::parse(DynamoDbHttpClient{options}.call("ListTables", "{}")).contains("TableNames"));
    } else {
      CHECK_THROWS_AS(DynamoDbHttpClient{options}.call("ListTables", "{}"), AwsConnectionError);
    }
  }
  std::filesystem::remove(path);
}
