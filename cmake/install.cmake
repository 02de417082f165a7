# SPDX-License-Identifier: MIT
# cmake --install: the headers, and a package that find_package(castore COMPONENTS ...) finds.

include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/castore")

# A component that needs other packages has its own export set, so that only who asks for it needs them.
function(castore_install target export_set)
  install(TARGETS ${target} EXPORT ${export_set} FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endfunction()

# castore_install_pc(NAME TARGET REQUIRED...): NAME.pc, by which pkg-config finds TARGET wherever the tree is moved.
set(pkgconfig_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")
function(castore_install_pc name target)
  file(RELATIVE_PATH to_prefix "/${pkgconfig_dir}" "/")
  string(REGEX REPLACE "/$" "" to_prefix "${to_prefix}")
  set(include_dir "\${prefix}")
  cmake_path(APPEND include_dir "${CMAKE_INSTALL_INCLUDEDIR}")
  list(JOIN ARGN ", " required)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/castore.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${name}.pc" DESTINATION "${pkgconfig_dir}")
endfunction()

castore_install(castore castoreTargets)
castore_install_pc(castore castore::castore ${castore_core_pkgconfig_packages})
foreach(file IN LISTS castore_component_files)
  castore_read_component("${file}")
  cmake_path(GET file STEM name)
  castore_install_pc(castore-${name} castore::${name} "castore = ${PROJECT_VERSION}" ${component_pkgconfig_packages})
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
install(DIRECTORY "${CMAKE_CURRENT_LIST_DIR}/find" DESTINATION "${package_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
