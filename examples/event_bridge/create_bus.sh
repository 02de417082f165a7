# SPDX-License-Identifier: MIT
bus=$(aws events create-event-bus --name pokemons --query EventBusArn --output text)
rule=$(aws events put-rule --event-bus-name pokemons --name pokemons-to-queue \
  --event-pattern '{"source": ["POKEMONS"]}' --query RuleArn --output text)
queue_url=$(aws sqs create-queue --queue-name pokemons --query QueueUrl --output text)
queue=$(aws sqs get-queue-attributes --queue-url "$queue_url" --attribute-names QueueArn \
  --query Attributes.QueueArn --output text)
aws sqs set-queue-attributes --queue-url "$queue_url" --attributes '{"Policy": "{
  \"Version\": \"2012-10-17\",
  \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"events.amazonaws.com\"},
    \"Action\": \"sqs:SendMessage\", \"Resource\": \"'"$queue"'\",
    \"Condition\": {\"ArnEquals\": {\"aws:SourceArn\": \"'"$rule"'\"}}}]}"}'
aws events put-targets --event-bus-name pokemons --rule pokemons-to-queue --targets "Id=queue,Arn=$queue"
echo "$bus $queue_url"
