# SPDX-License-Identifier: MIT
set(component_headers adapters/postgres.hpp adapters/postgres/*.hpp)
set(component_packages "PostgreSQL 14") # libpq's pipeline mode
set(component_debian_packages libpq-dev)
set(component_pkgconfig_packages "libpq >= 14")
set(component_vcpkg_packages libpq)
set(component_conan_packages libpq)
set(component_libraries PostgreSQL::PostgreSQL)
