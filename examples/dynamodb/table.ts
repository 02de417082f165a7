// SPDX-License-Identifier: MIT
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';

const table = new Table(this, 'PokemonEvents', {
  tableName: 'pokemon-events',
  billingMode: BillingMode.PAY_PER_REQUEST,
  pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  removalPolicy: RemovalPolicy.RETAIN,
  partitionKey: { name: 'aggregateId', type: AttributeType.STRING },
  sortKey: { name: 'version', type: AttributeType.NUMBER },
});
table.addGlobalSecondaryIndex({
  indexName: 'initialEvents',
  partitionKey: { name: 'eventStoreId', type: AttributeType.STRING },
  sortKey: { name: 'timestamp', type: AttributeType.STRING },
  projectionType: ProjectionType.KEYS_ONLY,
});
