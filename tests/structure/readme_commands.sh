# SPDX-License-Identifier: MIT
# The commands of the README, cut from here. CI runs the demo and the tests; "package: install" runs the installation.

# [demo]
scripts/demo
# [/demo]

# [install]
cmake -B build/release -D CMAKE_BUILD_TYPE=Release -D CASTORE_BUILD_TESTS=OFF -D CASTORE_BUILD_EXAMPLES=OFF -D CASTORE_BUILD_BENCHMARKS=OFF
cmake --install build/release --prefix /usr/local
# [/install]

# [test]
scripts/test
# [/test]
