# SPDX-License-Identifier: MIT
# find_package(castore [COMPONENTS sqlite ...]): castore::castore, castore::testing and the components that are named.

include("${CMAKE_CURRENT_LIST_DIR}/components.cmake")

castore_find_packages("castore" castore_core_packages castore_core_debian_packages castore_core_libraries)
set(castore_problems "${castore_missing}")
if(NOT castore_problems)
  include("${CMAKE_CURRENT_LIST_DIR}/castoreTargets.cmake")
endif()

foreach(castore_component IN LISTS castore_FIND_COMPONENTS)
  set(castore_component_file "${CMAKE_CURRENT_LIST_DIR}/components/${castore_component}.cmake")
  if(EXISTS "${castore_component_file}")
    castore_read_component("${castore_component_file}")
    castore_find_packages("castore::${castore_component}" component_packages component_debian_packages
                          component_libraries)
  else()
    file(GLOB castore_components RELATIVE "${CMAKE_CURRENT_LIST_DIR}/components"
         "${CMAKE_CURRENT_LIST_DIR}/components/*.cmake")
    list(TRANSFORM castore_components REPLACE "\\.cmake$" "")
    list(JOIN castore_components ", " castore_components)
    set(castore_missing "castore has no component '${castore_component}' (it has: ${castore_components})\n")
  endif()

  if(castore_missing)
    set(castore_${castore_component}_FOUND FALSE)
    if(castore_FIND_REQUIRED_${castore_component})
      string(APPEND castore_problems "${castore_missing}")
    endif()
  else()
    set(castore_${castore_component}_FOUND TRUE)
    if(component_packages AND NOT castore_problems)
      foreach(castore_part IN LISTS component_components ITEMS ${castore_component})
        include("${CMAKE_CURRENT_LIST_DIR}/castore_${castore_part}Targets.cmake")
      endforeach()
    endif()
  endif()
endforeach()

if(castore_problems)
  set(castore_FOUND FALSE)
  set(castore_NOT_FOUND_MESSAGE "${castore_problems}")
endif()
