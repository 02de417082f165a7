-- SPDX-License-Identifier: MIT
ALTER TABLE event ALTER id TYPE BIGINT;         -- writes the whole table again, and locks it meanwhile
ALTER SEQUENCE event_id_seq AS BIGINT;
