# SPDX-License-Identifier: MIT
{eventStoreId: "ORDERS",
 event: ({aggregateId: .eventStreamId[6:], version: (.eventNumber + 1), type: .eventType, timestamp: .created,
          payload: .data} + if .metadata then {metadata} else {} end)}
