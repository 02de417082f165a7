# SPDX-License-Identifier: MIT
dead_letters=$(aws sqs create-queue --queue-name pokemons-dead.fifo \
  --attributes FifoQueue=true,MessageRetentionPeriod=1209600 --query QueueUrl --output text)
dead_letters_arn=$(aws sqs get-queue-attributes --queue-url "$dead_letters" --attribute-names QueueArn \
  --query Attributes.QueueArn --output text)
aws sqs create-queue --queue-name pokemons.fifo --attributes '{
  "FifoQueue": "true", "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId",
  "RedrivePolicy": "{\"deadLetterTargetArn\": \"'"$dead_letters_arn"'\", \"maxReceiveCount\": 10}"}'
