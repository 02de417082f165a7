# SPDX-License-Identifier: MIT
# Libraries are looked for in the prefix that scripts/lib/cross_prefix.sh has made, never in those of this machine.
get_filename_component(cross_name "${CMAKE_PARENT_LIST_FILE}" NAME_WE)
get_filename_component(CMAKE_FIND_ROOT_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../build/${cross_name}/prefix" ABSOLUTE)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
