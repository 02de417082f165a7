// SPDX-License-Identifier: MIT
#ifndef CASTORE_TOOLS_CASTORE_PAGE_FILES_HPP
#define CASTORE_TOOLS_CASTORE_PAGE_FILES_HPP

#include <castore/http/options.hpp>

#include <vector>

namespace castore::tool {

/// The files of page/, which the build writes into the program.
std::vector<HttpFile> page_files();

}  // namespace castore::tool

#endif
