# SPDX-License-Identifier: MIT
set(component_headers testing/*.hpp)
