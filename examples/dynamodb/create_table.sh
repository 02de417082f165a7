# SPDX-License-Identifier: MIT
aws dynamodb create-table --cli-input-json file://table.json
aws dynamodb wait table-exists --table-name pokemon-events
aws dynamodb update-continuous-backups --table-name pokemon-events \
  --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true
