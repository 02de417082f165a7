-- SPDX-License-Identifier: MIT
SELECT json_build_object(
         'eventStoreId', 'ORDERS',
         'event', json_build_object('aggregateId', stream_id, 'version', version, 'type', type, 'timestamp', timestamp,
                                    'payload', data))
  FROM mt_events
 ORDER BY seq_id;
