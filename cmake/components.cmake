# SPDX-License-Identifier: MIT
# What the build and find_package(castore) both know of Castore's components.
#
# A component NAME is one file, components/NAME.cmake, which becomes the target castore::NAME. The file sets
#   component_headers          glob patterns below include/castore
#   component_components       other components that it includes, if any; it then names what they need as well
# and, when it needs other packages, lists of the same length:
#   component_packages            what find_package is asked for, perhaps with a version
#   component_debian_packages     what Debian calls it
#   component_pkgconfig_packages  what pkg-config and Meson call it, perhaps with a version
#   component_vcpkg_packages      what vcpkg calls it
#   component_conan_packages      what Conan calls it
#   component_libraries           the target to link
# The packages of Castore itself (packaging/, meson.build) say the same in their own forms; scripts/release checks that.

# Every component needs these.
set(castore_core_packages nlohmann_json Threads)
set(castore_core_debian_packages nlohmann-json3-dev libc6-dev)
set(castore_core_pkgconfig_packages nlohmann_json)
set(castore_core_vcpkg_packages nlohmann-json)
set(castore_core_conan_packages nlohmann_json)
set(castore_core_libraries nlohmann_json::nlohmann_json Threads::Threads)

# Reads the file of a component.
macro(castore_read_component file)
  foreach(castore_list IN ITEMS headers components packages debian_packages pkgconfig_packages libraries)
    set(component_${castore_list})
  endforeach()
  include("${file}")
endmacro()

# Finds packages given by the names of three lists. castore_missing becomes empty, or says what is missing and how to
# get it. A target that is there already is taken as it is. What has no file for CMake, or not everywhere, is found by the
# modules in find/, next to the file that calls this.
macro(castore_find_packages what packages debian_packages libraries)
  set(castore_missing)
  set(castore_module_path "${CMAKE_MODULE_PATH}")
  list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}/find")
  foreach(castore_package castore_debian castore_library IN ZIP_LISTS ${packages} ${debian_packages} ${libraries})
    if(NOT TARGET ${castore_library})
      string(REPLACE " " ";" castore_arguments "${castore_package}")
      find_package(${castore_arguments} QUIET)
      if(NOT TARGET ${castore_library})
        string(APPEND castore_missing "${what} needs the package ${castore_package}, which was not found "
                                      "(on Debian: apt install ${castore_debian})\n")
      endif()
    endif()
  endforeach()
  set(CMAKE_MODULE_PATH "${castore_module_path}")
endmacro()
