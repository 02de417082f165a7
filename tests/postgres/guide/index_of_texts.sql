-- SPDX-License-Identifier: MIT
CREATE INDEX CONCURRENTLY ON event (aggregate_name, timestamp, aggregate_id COLLATE "C") WHERE version = 1;
