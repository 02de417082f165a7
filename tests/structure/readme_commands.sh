# SPDX-License-Identifier: MIT
# The commands of the README, cut from here; .ci/run runs both.

# [demo]
scripts/demo
# [/demo]

# [test]
scripts/test
# [/test]
