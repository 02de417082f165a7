# SPDX-License-Identifier: MIT
# cmake -D FOLDER=... -D OUTPUT=... -P embed.cmake: writes the files of a folder into a C++ file, as the table page_files().
# index.html is what / answers, and every other file /page/ with its path.

set(types html=text/html js=text/javascript css=text/css svg=image/svg+xml json=application/json txt=text/plain)
file(GLOB_RECURSE files RELATIVE "${FOLDER}" "${FOLDER}/*.html" "${FOLDER}/*.js" "${FOLDER}/*.css" "${FOLDER}/*.svg")
list(SORT files)
set(arrays)
set(rows)
set(number 0)
foreach(name IN LISTS files)
  file(READ "${FOLDER}/${name}" bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(REGEX REPLACE "^.*\\." "" extension "${name}")
  set(type ${types})
  list(FILTER type INCLUDE REGEX "^${extension}=")
  string(REGEX REPLACE "^.*=" "" type "${type}")
  set(path "/page/${name}")
  if(name STREQUAL "index.html")
    set(path "/")
  endif()
  string(APPEND arrays "constexpr char file_${number}[] = {${bytes}'\\0'};\n")
  string(APPEND rows "      {\"${path}\", \"${type}; charset=utf-8\", {file_${number}, sizeof file_${number} - 1}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}" "#include \"tools/castore/page_files.hpp\"

namespace castore::tool {

namespace {
${arrays}}  // namespace

std::vector<HttpFile> page_files() {
  return {
${rows}  };
}

}  // namespace castore::tool
")
