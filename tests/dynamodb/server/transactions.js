// SPDX-License-Identifier: MIT
// TransactWriteItems for dynalite, as the Amazon DynamoDB API Reference and Developer Guide describe it.
'use strict'

const db = require('dynalite/db')
const validations = require('dynalite/validations')

// What becomes of each kind of item: dynalite's validation of it and its action. A check is validated like a delete.
const kinds = {
  Put: { validation: require('dynalite/validations/putItem'), action: require('dynalite/actions/putItem') },
  Delete: { validation: require('dynalite/validations/deleteItem'), action: require('dynalite/actions/deleteItem') },
  Update: { validation: require('dynalite/validations/updateItem'), action: require('dynalite/actions/updateItem') },
  ConditionCheck: { validation: require('dynalite/validations/deleteItem') },
}
const MAX_ITEMS = 100
const MAX_SIZE = 4 * 1024 * 1024
const TOKEN_LIFETIME_MS = 10 * 60 * 1000

const failure = (type, message, more = {}) =>
  Object.assign(new Error(message), {
    statusCode: 400,
    body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, Message: message, ...more },
  })
const invalid = (message) =>
  Object.assign(new Error(message), {
    statusCode: 400,
    body: { __type: 'com.amazon.coral.validate#ValidationException', message },
  })

const promised = (call) => new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))))

module.exports = class Transactions {
  constructor(store) {
    this.store = store
    this.busy = new Map() // item -> who is writing it: the number of single writes, or 'transaction'
    this.tokens = new Map() // client request token -> { request, done, since }
  }

  async keyOf(tableName, keyOrItem) {
    const table = await promised((done) => this.store.getTable(tableName, done))
    const key = db.createKey(keyOrItem, table)
    return { table, key, name: `${tableName}/${key}` }
  }

  // Runs a write of one item, which a transaction on the same item refuses.
  async single(data, write) {
    let name
    try {
      name = (await this.keyOf(data.TableName, data.Item || data.Key)).name
    } catch {
      return write() // dynalite says what is wrong with it
    }
    if (this.busy.get(name) === 'transaction') {
      throw failure('TransactionConflictException', 'Transaction is ongoing for the item')
    }
    this.busy.set(name, (this.busy.get(name) || 0) + 1)
    try {
      return await write()
    } finally {
      const left = this.busy.get(name) - 1
      if (left > 0) this.busy.set(name, left)
      else this.busy.delete(name)
    }
  }

  // holdMs: how long the transaction stays between its checks and its writes.
  async write(data, holdMs = 0) {
    const { ClientRequestToken: token, TransactItems: items } = data
    if (token === undefined) return this.attempt(items, holdMs)
    if (typeof token !== 'string' || token.length < 1 || token.length > 36) {
      throw invalid("1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: Member must have length between 1 and 36")
    }
    const request = JSON.stringify(items)
    const known = this.tokens.get(token)
    if (known && Date.now() - known.since < TOKEN_LIFETIME_MS) {
      if (known.request !== request) {
        throw failure('IdempotentParameterMismatchException', 'The token was used with other parameters')
      }
      if (!known.done) throw failure('TransactionInProgressException', 'The transaction with this token is in progress')
      return {}
    }
    const entry = { request, done: false, since: Date.now() }
    this.tokens.set(token, entry)
    try {
      const result = await this.attempt(items, holdMs)
      entry.done = true
      return result
    } catch (error) {
      this.tokens.delete(token)
      throw error
    }
  }

  async attempt(items, holdMs) {
    const operations = this.validate(items)
    for (const operation of operations) {
      Object.assign(operation, await this.keyOf(operation.data.TableName, operation.data.Item || operation.data.Key))
    }
    if (new Set(operations.map(({ name }) => name)).size < operations.length) {
      throw invalid('Transaction request cannot include multiple operations on one item')
    }
    this.cancelUnless(operations, ({ name }) => !this.busy.has(name) || {
      Code: 'TransactionConflict',
      Message: 'Transaction is ongoing for the item',
    })
    for (const { name } of operations) this.busy.set(name, 'transaction')
    try {
      for (const operation of operations) {
        operation.existing = await promised((done) =>
          this.store.getItemDb(operation.data.TableName).get(operation.key, (error, item) =>
            error && error.name !== 'NotFoundError' ? done(error) : done(null, item)))
      }
      this.cancelUnless(operations, ({ data, table }) => {
        const error = data.Item ? db.validateItem(data.Item, table) : db.validateKey(data.Key, table)
        return error == null || { Code: 'ValidationError', Message: error.body.message }
      })
      this.cancelUnless(operations, ({ data, existing, returnsItem }) =>
        db.checkConditional(data, existing) == null || {
          Code: 'ConditionalCheckFailed',
          Message: 'The conditional request failed',
          ...(returnsItem && existing ? { Item: existing } : {}),
        })
      if (holdMs > 0) await new Promise((resolve) => setTimeout(resolve, holdMs))
      for (const { kind, data } of operations) {
        if (kinds[kind].action) await promised((done) => kinds[kind].action(this.store, { ...data, _condition: undefined }, done))
      }
      return {}
    } finally {
      for (const { name } of operations) this.busy.delete(name)
    }
  }

  validate(items) {
    if (!Array.isArray(items) || items.length < 1) {
      throw invalid("1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1")
    }
    if (items.length > MAX_ITEMS) {
      throw invalid(`1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to ${MAX_ITEMS}`)
    }
    let size = 0
    const operations = items.map((item) => {
      const [kind, ...others] = Object.keys(item)
      if (others.length > 0 || !kinds[kind]) {
        throw invalid('TransactItems can only contain one of Check, Put, Update or Delete')
      }
      if (kind === 'ConditionCheck' && !item[kind].ConditionExpression) {
        throw invalid("1 validation error detected: Value null at 'conditionExpression' failed to satisfy constraint: Member must not be null")
      }
      const { types, custom } = kinds[kind].validation
      const returnsItem = item[kind].ReturnValuesOnConditionCheckFailure === 'ALL_OLD'
      const data = validations.checkTypes({ ...item[kind] }, types)
      validations.checkValidations(data, types, custom, this.store)
      if (data.Item) size += db.itemSize(data.Item)
      return { kind, data, returnsItem }
    })
    if (size > MAX_SIZE) throw invalid('The aggregate size of the items in the transaction exceeds 4 MB')
    return operations
  }

  // Each operation is in order, or has a reason why the transaction is cancelled.
  cancelUnless(operations, isInOrder) {
    const reasons = operations.map((operation) => {
      const result = isInOrder(operation)
      return result === true ? { Code: 'None' } : result
    })
    if (reasons.every(({ Code }) => Code === 'None')) return
    throw failure(
      'TransactionCanceledException',
      `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(', ')}]`,
      { CancellationReasons: reasons })
  }
}
