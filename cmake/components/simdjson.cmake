# SPDX-License-Identifier: MIT
set(component_headers simdjson.hpp)
set(component_packages "simdjson 3")
set(component_debian_packages libsimdjson-dev)
set(component_libraries simdjson::simdjson)
