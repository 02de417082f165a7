# SPDX-License-Identifier: MIT
# The target RdKafka::rdkafka of librdkafka. Debian's package has no file for CMake, so the shared library is looked for
# first; where there is none, librdkafka's own file says what a static one needs.
find_path(RdKafka_INCLUDE_DIR librdkafka/rdkafka.h)
find_library(RdKafka_LIBRARY rdkafka)
mark_as_advanced(RdKafka_INCLUDE_DIR RdKafka_LIBRARY)
if(RdKafka_INCLUDE_DIR AND EXISTS "${RdKafka_INCLUDE_DIR}/librdkafka/rdkafka.h")
  file(STRINGS "${RdKafka_INCLUDE_DIR}/librdkafka/rdkafka.h" RdKafka_VERSION REGEX "#define RD_KAFKA_VERSION ")
  string(REGEX REPLACE ".*0x(..)(..)(..)..$" "\\1.\\2.\\3" RdKafka_VERSION "${RdKafka_VERSION}")
  string(REGEX REPLACE "(^|\\.)0([0-9])" "\\1\\2" RdKafka_VERSION "${RdKafka_VERSION}")
endif()
if(NOT RdKafka_LIBRARY OR RdKafka_LIBRARY MATCHES "\\.a$")
  find_package(RdKafka CONFIG QUIET)
  if(TARGET RdKafka::rdkafka)
    set(RdKafka_LIBRARY RdKafka::rdkafka)
  endif()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(RdKafka REQUIRED_VARS RdKafka_LIBRARY RdKafka_INCLUDE_DIR VERSION_VAR RdKafka_VERSION)
if(RdKafka_FOUND AND NOT TARGET RdKafka::rdkafka)
  add_library(RdKafka::rdkafka UNKNOWN IMPORTED)
  set_target_properties(RdKafka::rdkafka PROPERTIES IMPORTED_LOCATION "${RdKafka_LIBRARY}"
                        INTERFACE_INCLUDE_DIRECTORIES "${RdKafka_INCLUDE_DIR}")
endif()
