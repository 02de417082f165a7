# SPDX-License-Identifier: MIT
set(component_headers adapters/postgres.hpp adapters/postgres/*.hpp)
set(component_packages "PostgreSQL 14") # libpq's pipeline mode
set(component_debian_packages libpq-dev)
set(component_libraries PostgreSQL::PostgreSQL)
