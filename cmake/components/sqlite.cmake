# SPDX-License-Identifier: MIT
set(component_headers adapters/sqlite.hpp adapters/sqlite/*.hpp)
set(component_packages "SQLite3 3.37") # STRICT tables
set(component_debian_packages libsqlite3-dev)
set(component_pkgconfig_packages "sqlite3 >= 3.37")
set(component_vcpkg_packages sqlite3)
set(component_conan_packages sqlite3)
set(component_libraries SQLite::SQLite3)
