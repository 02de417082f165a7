# SPDX-License-Identifier: MIT
# The targets castore::castore and castore::COMPONENT.

include(GNUInstallDirs)
include(${CMAKE_CURRENT_LIST_DIR}/components.cmake)

# A project that adds this one as a subdirectory links our targets, so it must see theirs.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL TRUE)

function(castore_add_library target name)
  add_library(${target} INTERFACE)
  add_library(castore::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} INTERFACE cxx_std_20)
  target_sources(${target} INTERFACE FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${ARGN})
endfunction()

set(castore_include_dir "${PROJECT_SOURCE_DIR}/include/castore")
file(GLOB_RECURSE castore_headers CONFIGURE_DEPENDS "${castore_include_dir}/*.hpp")
file(GLOB castore_component_files CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/components/*.cmake")

castore_find_packages("castore" castore_core_packages castore_core_debian_packages castore_core_libraries)
if(castore_missing)
  message(FATAL_ERROR "${castore_missing}")
endif()

set(castore_components) # those whose packages are there
foreach(file IN LISTS castore_component_files)
  castore_read_component("${file}")
  cmake_path(GET file STEM name)

  list(TRANSFORM component_headers PREPEND "${castore_include_dir}/")
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${component_headers})
  list(REMOVE_ITEM castore_headers ${headers})
  castore_add_library(castore_${name} ${name} ${headers})
  list(TRANSFORM component_components PREPEND castore_)
  target_link_libraries(castore_${name} INTERFACE castore ${component_components} ${component_libraries})

  castore_find_packages("castore::${name}" component_packages component_debian_packages component_libraries)
  if(castore_missing AND CASTORE_BUILD_TESTS AND NOT CASTORE_TEST_FOLDERS)
    message(FATAL_ERROR "${castore_missing}")
  elseif(castore_missing)
    message(STATUS "${castore_missing}")
  else()
    list(APPEND castore_components ${name})
  endif()
endforeach()

castore_add_library(castore castore ${castore_headers})
target_link_libraries(castore INTERFACE ${castore_core_libraries})
