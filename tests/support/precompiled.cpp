// SPDX-License-Identifier: MIT
// Gets the code of the precompiled headers.
