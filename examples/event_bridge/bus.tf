resource "aws_cloudwatch_event_bus" "pokemons" {
  name = "pokemons"
}

resource "aws_sqs_queue" "pokemons" {
  name = "pokemons"
}

resource "aws_cloudwatch_event_rule" "pokemons" {
  name           = "pokemons-to-queue"
  event_bus_name = aws_cloudwatch_event_bus.pokemons.name
  event_pattern  = jsonencode({ source = ["POKEMONS"] })
}

resource "aws_cloudwatch_event_target" "pokemons" {
  event_bus_name = aws_cloudwatch_event_bus.pokemons.name
  rule           = aws_cloudwatch_event_rule.pokemons.name
  arn            = aws_sqs_queue.pokemons.arn
}

resource "aws_sqs_queue_policy" "pokemons" {
  queue_url = aws_sqs_queue.pokemons.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.pokemons.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.pokemons.arn } }
    }]
  })
}

output "queue_url" {
  value = aws_sqs_queue.pokemons.url
}
