resource "aws_sqs_queue" "dead_pokemons" {
  name                      = "pokemons-dead.fifo"
  fifo_queue                = true
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "pokemons" {
  name                  = "pokemons.fifo"
  fifo_queue            = true
  deduplication_scope   = "messageGroup"
  fifo_throughput_limit = "perMessageGroupId"
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_pokemons.arn
    maxReceiveCount     = 10
  })
}

output "queue_url" {
  value = aws_sqs_queue.pokemons.url
}
