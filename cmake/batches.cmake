# SPDX-License-Identifier: MIT

# castore_batch(SOURCE FILE...): makes SOURCE, which stands for FILE..., by batch.sh.
function(castore_batch source)
  set(script "${PROJECT_SOURCE_DIR}/cmake/batch.sh")
  add_custom_command(OUTPUT "${source}" DEPENDS "${script}" ${ARGN} VERBATIM
                     COMMAND sh "${script}" "${PROJECT_SOURCE_DIR}" ${ARGN} > "${source}")
  set_source_files_properties("${source}" PROPERTIES INCLUDE_DIRECTORIES "${PROJECT_SOURCE_DIR}")
endfunction()

# castore_batches(OUT NAME SOURCE...): sets OUT to sources that stand for SOURCE..., up to twenty compiled as one by
# batch.sh (two for Windows: MinGW's assembler writes 10 MB of names), or one that specializes templates. Those that are
# not the first of theirs go into the property castore_not_alone: they are not seen there to include all that they use.
function(castore_batches out name)
  set(together)
  set(specializing)
  foreach(file IN LISTS ARGN)
    file(STRINGS "${file}" specializations REGEX "^template <>$")
    if(specializations)
      list(APPEND specializing "${file}")
    else()
      list(APPEND together "${file}")
    endif()
  endforeach()
  set(most 20)
  if(WIN32)
    set(most 2)
  endif()
  list(LENGTH together count)
  math(EXPR batches "(${count} + ${most} - 1) / ${most}")
  set(index 0)
  foreach(file IN LISTS together)
    math(EXPR number "${index} * ${batches} / ${count}")
    if(files_${number})
      set_property(GLOBAL APPEND PROPERTY castore_not_alone "${file}")
    endif()
    list(APPEND files_${number} "${file}")
    math(EXPR index "${index} + 1")
  endforeach()
  foreach(file IN LISTS specializing)
    set(files_${batches} "${file}")
    math(EXPR batches "${batches} + 1")
  endforeach()

  set(sources)
  set(number 0)
  while(number LESS batches)
    set(source "${CMAKE_CURRENT_BINARY_DIR}/batches/${name}_${number}.cpp")
    castore_batch("${source}" ${files_${number}})
    list(APPEND sources "${source}")
    math(EXPR number "${number} + 1")
  endwhile()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

# castore_link_program(PROGRAM NAME...): PROGRAM can also be called by each NAME, a link next to it.
function(castore_link_program program)
  add_custom_command(TARGET ${program} POST_BUILD VERBATIM
                     COMMAND sh -c "for name; do ln -sf ${program} $name; done" sh ${ARGN})
endfunction()
