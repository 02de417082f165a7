# SPDX-License-Identifier: MIT
# The server and the client. What answers requests, castore/http.hpp, needs neither and is a part of castore::castore.
set(component_headers adapters/http.hpp adapters/http/*.hpp http/server.hpp http/connection_threads.hpp)
set(component_components aws)
set(component_packages "CURL 7.85" "OpenSSL 3.0" "httplib 0.11")
set(component_debian_packages libcurl4-openssl-dev libssl-dev libcpp-httplib-dev)
set(component_pkgconfig_packages "libcurl >= 7.85" "libcrypto >= 3.0" "cpp-httplib >= 0.11")
set(component_vcpkg_packages curl openssl cpp-httplib)
set(component_conan_packages libcurl openssl cpp-httplib)
set(component_libraries CURL::libcurl OpenSSL::Crypto httplib::httplib)
