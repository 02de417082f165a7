-- SPDX-License-Identifier: MIT
INSERT INTO event (event_store_id, aggregate_id, version, type, timestamp, payload)
VALUES ('POKEMONS', 'raichu', 1, 'POKEMON_APPEARED',
        strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), json_object('name', 'Raichu', 'level', 9));
