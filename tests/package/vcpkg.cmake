# SPDX-License-Identifier: MIT
# cmake -D PORT_DIR=... -D WORK=... -P vcpkg.cmake: installs a port to ${WORK}/packages as vcpkg would. Its functions do
# here what they do there, as far as the port uses them; what it does not use is not there.
cmake_minimum_required(VERSION 3.25)
set(CURRENT_PORT_DIR "${PORT_DIR}")
set(CURRENT_PACKAGES_DIR "${WORK}/packages")
get_filename_component(PORT "${PORT_DIR}" NAME)
file(REMOVE_RECURSE "${WORK}")

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
  if(arg_UNPARSED_ARGUMENTS OR NOT VCPKG_BUILD_TYPE STREQUAL "release")
    message(FATAL_ERROR "the port asks for what this stand-in for vcpkg does not know: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  run("${CMAKE_COMMAND}" -G Ninja -S "${arg_SOURCE_PATH}" -B "${WORK}/build" -DCMAKE_BUILD_TYPE=Release
      "-DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR}" -DCMAKE_INSTALL_LIBDIR:STRING=lib
      -DCMAKE_EXPORT_NO_PACKAGE_REGISTRY=ON -DCMAKE_FIND_PACKAGE_NO_PACKAGE_REGISTRY=ON -DBUILD_SHARED_LIBS=OFF
      "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}" ${arg_OPTIONS})
endfunction()

function(vcpkg_cmake_install)
  run("${CMAKE_COMMAND}" --build "${WORK}/build" --config Release --target install)
endfunction()

# Moves the files to share/PORT, and lets the prefix be found from there.
function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
  set(from "${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}")
  set(to "${CURRENT_PACKAGES_DIR}/share/${PORT}")
  file(RENAME "${from}" "${to}")
  get_filename_component(parent "${from}" DIRECTORY)
  file(GLOB left "${parent}/*")
  if(NOT left)
    file(REMOVE_RECURSE "${parent}")
  endif()
  file(GLOB_RECURSE files "${to}/*[Tt]argets.cmake")
  foreach(file IN LISTS files)
    file(READ "${file}" text)
    string(REGEX REPLACE
      "get_filename_component\\(_IMPORT_PREFIX \"\\\${CMAKE_CURRENT_LIST_FILE}\" PATH\\)(\nget_filename_component\\(_IMPORT_PREFIX \"\\\${_IMPORT_PREFIX}\" PATH\\))*"
      "get_filename_component(_IMPORT_PREFIX \"\${CMAKE_CURRENT_LIST_FILE}\" PATH)\nget_filename_component(_IMPORT_PREFIX \"\${_IMPORT_PREFIX}\" PATH)\nget_filename_component(_IMPORT_PREFIX \"\${_IMPORT_PREFIX}\" PATH)"
      text "${text}")
    file(WRITE "${file}" "${text}")
  endforeach()
endfunction()

# Every dependency on the prefix goes by ${pcfiledir}.
function(vcpkg_fixup_pkgconfig)
  file(GLOB_RECURSE files "${CURRENT_PACKAGES_DIR}/*.pc")
  if(NOT files)
    message(FATAL_ERROR "the port installs nothing for pkg-config")
  endif()
  foreach(file IN LISTS files)
    file(READ "${file}" text)
    string(REGEX REPLACE "(^|\n)prefix[\t ]*=[^\n]*" "" text "${text}")
    file(WRITE "${file}" "prefix=\${pcfiledir}/../..\n${text}")
  endforeach()
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
  file(INSTALL ${arg_FILE_LIST} DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
  file(RENAME "${CURRENT_PACKAGES_DIR}/share/${PORT}/LICENSE" "${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright")
endfunction()

include("${PORT_DIR}/portfile.cmake")

# What vcpkg looks for after an installation, and warns of.
file(GLOB top RELATIVE "${CURRENT_PACKAGES_DIR}" "${CURRENT_PACKAGES_DIR}/*")
if(NOT top STREQUAL "include;share")
  message(FATAL_ERROR "the port installs: ${top}")
endif()
foreach(file IN ITEMS copyright usage castoreConfig.cmake castoreConfigVersion.cmake)
  if(NOT EXISTS "${CURRENT_PACKAGES_DIR}/share/${PORT}/${file}")
    message(FATAL_ERROR "the port does not install ${file}")
  endif()
endforeach()
file(GLOB_RECURSE files "${CURRENT_PACKAGES_DIR}/share/*")
foreach(file IN LISTS files)
  file(READ "${file}" text)
  string(FIND "${text}" "${WORK}" found)
  if(NOT found EQUAL -1)
    message(FATAL_ERROR "${file} names the folder in which it was made")
  endif()
endforeach()
file(GLOB_RECURSE directories LIST_DIRECTORIES true "${CURRENT_PACKAGES_DIR}/*")
foreach(directory IN LISTS directories)
  file(GLOB inside "${directory}/*")
  if(IS_DIRECTORY "${directory}" AND NOT inside)
    message(FATAL_ERROR "the port installs an empty folder: ${directory}")
  endif()
endforeach()
