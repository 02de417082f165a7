// SPDX-License-Identifier: MIT
#ifndef CASTORE_EXAMPLES_GIT_HISTORY_ERROR_HPP
#define CASTORE_EXAMPLES_GIT_HISTORY_ERROR_HPP

#include <stdexcept>

namespace git_history {

/// @brief Something the user can put right: a wrong argument, repository or database. The program ends with exit
/// code 2.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace git_history

#endif
