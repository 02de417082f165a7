// SPDX-License-Identifier: MIT
#ifndef CASTORE_TOOLS_CASTORE_SUGGEST_HPP
#define CASTORE_TOOLS_CASTORE_SUGGEST_HPP

#include <string>
#include <string_view>
#include <vector>

namespace castore::tool {

/// `; did you mean 'events'?`, when one of the words is close to what was written; else nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& words);

}  // namespace castore::tool

#endif
