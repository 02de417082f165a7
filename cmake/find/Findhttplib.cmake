# SPDX-License-Identifier: MIT
# The target httplib::httplib: by cpp-httplib's own file for CMake where there is one, else by pkg-config, as on Debian.
# Its macros decide how its classes look, so they must be those that it was compiled with.

# Not by its version, as that file takes no newer one for right.
find_package(httplib CONFIG QUIET)
if(NOT TARGET httplib::httplib)
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(castore_httplib QUIET IMPORTED_TARGET GLOBAL "cpp-httplib >= ${httplib_FIND_VERSION}")
  endif()
  if(TARGET PkgConfig::castore_httplib)
    add_library(httplib::httplib INTERFACE IMPORTED GLOBAL)
    target_link_libraries(httplib::httplib INTERFACE PkgConfig::castore_httplib)
  endif()
endif()
if(TARGET httplib::httplib)
  set(httplib_FOUND TRUE)
else()
  set(httplib_FOUND FALSE)
endif()
