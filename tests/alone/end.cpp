// SPDX-License-Identifier: MIT
static_assert(sizeof(int) == 0, "the end of the file was reached");
