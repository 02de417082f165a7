# SPDX-License-Identifier: MIT
set(component_headers messaging/adapters/rabbitmq.hpp messaging/adapters/rabbitmq/*.hpp)
set(component_packages "rabbitmq-c 0.11")
set(component_debian_packages librabbitmq-dev)
set(component_pkgconfig_packages "librabbitmq >= 0.11")
set(component_vcpkg_packages librabbitmq)
set(component_conan_packages rabbitmq-c)
set(component_libraries rabbitmq::rabbitmq)
