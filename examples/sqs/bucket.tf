resource "aws_s3_bucket" "messages" {
  bucket = "pokemons-messages"
}

resource "aws_s3_bucket_public_access_block" "messages" {
  bucket                  = aws_s3_bucket.messages.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "messages" {
  bucket = aws_s3_bucket.messages.id
  rule {
    id     = "forget"
    status = "Enabled"
    filter {
      prefix = "pokemons/"
    }
    expiration {
      days = 29
    }
  }
}
