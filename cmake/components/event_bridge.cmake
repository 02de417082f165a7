# SPDX-License-Identifier: MIT
set(component_headers messaging/adapters/event_bridge.hpp messaging/adapters/event_bridge_s3.hpp messaging/adapters/event_bridge/*.hpp)
set(component_components aws)
set(component_packages "CURL 7.85" "OpenSSL 3.0")
set(component_debian_packages libcurl4-openssl-dev libssl-dev)
set(component_pkgconfig_packages "libcurl >= 7.85" "libcrypto >= 3.0")
set(component_vcpkg_packages curl openssl)
set(component_conan_packages libcurl openssl)
set(component_libraries CURL::libcurl OpenSSL::Crypto)
