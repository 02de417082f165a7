# SPDX-License-Identifier: MIT
set(component_headers messaging/adapters/nats.hpp messaging/adapters/nats/*.hpp)
set(component_packages "cnats 3.4")
set(component_debian_packages libnats-dev)
set(component_pkgconfig_packages "libnats >= 3.4")
set(component_vcpkg_packages cnats)
set(component_conan_packages cnats)
set(component_libraries cnats::nats)
