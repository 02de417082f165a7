# SPDX-License-Identifier: MIT
kafka-topics.sh --bootstrap-server localhost:9092 --create --topic pokemons --partitions 12 --replication-factor 3 \
  --config min.insync.replicas=2
