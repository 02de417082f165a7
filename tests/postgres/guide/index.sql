-- SPDX-License-Identifier: MIT
CREATE INDEX CONCURRENTLY ON event (aggregate_name, timestamp, aggregate_id) WHERE version = 1;
