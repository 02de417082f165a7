# SPDX-License-Identifier: MIT
set(component_headers simdjson.hpp simdjson/*.hpp)
set(component_packages "simdjson 3")
set(component_debian_packages libsimdjson-dev)
set(component_pkgconfig_packages "simdjson >= 3")
set(component_vcpkg_packages simdjson)
set(component_conan_packages simdjson)
set(component_libraries simdjson::simdjson)
