# SPDX-License-Identifier: MIT
# The target cnats::nats of NATS's C client. Debian's package has a file for CMake that names a library it does not have,
# so the shared library is looked for first; where there is none, the client's own file says what a static one needs.
find_path(cnats_INCLUDE_DIR nats/nats.h)
find_library(cnats_LIBRARY nats)
mark_as_advanced(cnats_INCLUDE_DIR cnats_LIBRARY)
if(cnats_INCLUDE_DIR AND EXISTS "${cnats_INCLUDE_DIR}/nats/version.h")
  file(STRINGS "${cnats_INCLUDE_DIR}/nats/version.h" cnats_VERSION REGEX "#define NATS_VERSION_STRING ")
  string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" cnats_VERSION "${cnats_VERSION}")
endif()
if(NOT cnats_LIBRARY)
  find_package(cnats CONFIG QUIET)
  if(TARGET cnats::nats)
    set(cnats_LIBRARY cnats::nats)
  endif()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(cnats REQUIRED_VARS cnats_LIBRARY cnats_INCLUDE_DIR VERSION_VAR cnats_VERSION)
if(cnats_FOUND AND NOT TARGET cnats::nats)
  add_library(cnats::nats UNKNOWN IMPORTED)
  set_target_properties(cnats::nats PROPERTIES IMPORTED_LOCATION "${cnats_LIBRARY}"
                        INTERFACE_INCLUDE_DIRECTORIES "${cnats_INCLUDE_DIR}")
endif()
