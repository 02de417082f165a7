# SPDX-License-Identifier: MIT
# cmake --install: the headers, and a package that find_package(castore COMPONENTS ...) finds.

include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/castore")

# A component that needs other packages has its own export set, so that only who asks for it needs them.
function(castore_install target export_set)
  install(TARGETS ${target} EXPORT ${export_set} FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endfunction()

castore_install(castore castoreTargets)
foreach(file IN LISTS castore_component_files)
  castore_read_component("${file}")
  cmake_path(GET file STEM name)
  if(component_packages)
    castore_install(castore_${name} castore_${name}Targets)
    install(EXPORT castore_${name}Targets NAMESPACE castore:: DESTINATION "${package_dir}")
  else()
    castore_install(castore_${name} castoreTargets)
  endif()
endforeach()
install(EXPORT castoreTargets NAMESPACE castore:: DESTINATION "${package_dir}")

write_basic_package_version_file("${PROJECT_BINARY_DIR}/castoreConfigVersion.cmake" COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES "${CMAKE_CURRENT_LIST_DIR}/castoreConfig.cmake" "${CMAKE_CURRENT_LIST_DIR}/components.cmake"
              "${PROJECT_BINARY_DIR}/castoreConfigVersion.cmake"
        DESTINATION "${package_dir}")
install(FILES ${castore_component_files} DESTINATION "${package_dir}/components")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
