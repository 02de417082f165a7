# SPDX-License-Identifier: MIT
set(component_headers messaging/adapters/kafka.hpp messaging/adapters/kafka/*.hpp)
set(component_packages "RdKafka 2.0")
set(component_debian_packages librdkafka-dev)
set(component_pkgconfig_packages "rdkafka >= 2.0")
set(component_vcpkg_packages librdkafka)
set(component_conan_packages librdkafka)
set(component_libraries RdKafka::rdkafka)
