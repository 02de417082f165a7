// SPDX-License-Identifier: MIT
// Part of every test program: a function that lacks `inline` is then defined twice and does not link.
#include <castore/castore.hpp>
