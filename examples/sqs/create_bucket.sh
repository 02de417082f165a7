# SPDX-License-Identifier: MIT
aws s3api create-bucket --bucket pokemons-messages --create-bucket-configuration LocationConstraint=eu-west-1
aws s3api put-public-access-block --bucket pokemons-messages --public-access-block-configuration \
  BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
aws s3api put-bucket-lifecycle-configuration --bucket pokemons-messages --lifecycle-configuration '{"Rules": [
  {"ID": "forget", "Status": "Enabled", "Filter": {"Prefix": "pokemons/"}, "Expiration": {"Days": 29}}]}'
