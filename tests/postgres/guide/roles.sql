-- SPDX-License-Identifier: MIT
CREATE ROLE shop_reader LOGIN;
GRANT USAGE ON SCHEMA shop TO shop_reader;
GRANT SELECT ON shop.event TO shop_reader;                 -- loads and lists

CREATE ROLE shop_app LOGIN;
GRANT USAGE ON SCHEMA shop TO shop_app;
GRANT SELECT, INSERT ON shop.event TO shop_app;            -- and pushes
GRANT USAGE ON SEQUENCE shop.event_id_seq TO shop_app;

CREATE ROLE shop_migration LOGIN IN ROLE shop_app;
GRANT UPDATE ON shop.event TO shop_migration;              -- and pushes with force
