# SPDX-License-Identifier: MIT
aws dynamodb update-table --table-name pokemon-events \
  --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE
aws dynamodb describe-table --table-name pokemon-events --query Table.LatestStreamArn
