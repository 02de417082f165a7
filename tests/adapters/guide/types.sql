-- SPDX-License-Identifier: MIT
SELECT event_store_id, type, count(*), json_extract(payload, '$.level') AS level
FROM event GROUP BY event_store_id, type, level ORDER BY 1, 2, 4;
