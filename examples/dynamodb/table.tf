# SPDX-License-Identifier: MIT
resource "aws_dynamodb_table" "pokemon_events" {
  name                        = "pokemon-events"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = true
  hash_key                    = "aggregateId"
  range_key                   = "version"

  attribute {
    name = "aggregateId"
    type = "S"
  }
  attribute {
    name = "version"
    type = "N"
  }
  attribute {
    name = "eventStoreId"
    type = "S"
  }
  attribute {
    name = "timestamp"
    type = "S"
  }

  global_secondary_index {
    name            = "initialEvents"
    hash_key        = "eventStoreId"
    range_key       = "timestamp"
    projection_type = "KEYS_ONLY"
  }

  point_in_time_recovery {
    enabled = true
  }
}
