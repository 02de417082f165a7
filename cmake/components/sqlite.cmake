# SPDX-License-Identifier: MIT
set(component_headers adapters/sqlite.hpp adapters/sqlite/*.hpp)
set(component_packages "SQLite3 3.37") # STRICT tables
set(component_debian_packages libsqlite3-dev)
set(component_libraries SQLite::SQLite3)
