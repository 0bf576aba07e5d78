import { isRecordError, RecordError } from '@recordkit/record-types'
import { mapKey, raceAbort } from '@recordkit/record-types/internal'
import type { BackendCalls } from './backend-calls.ts'
import { withMaxAge } from './bounds.ts'
import type { CheckedBounds } from './bounds.ts'
import type { EntryWriter, Transactions } from './entry-writer.ts'
import type { NeededSpace, PutAdmission } from './put-admission.ts'
import type { StoreSpace } from './store-space.ts'
import { applyDelete, applyPut, applyTouch } from './store-transaction.ts'
import type { EntryTransaction } from './store-transaction.ts'
import type { StoreOperation, StoreOperationResult } from './store.ts'

/** How often a call makes space for itself that other calls take. */
const maxRemovals = 16

export interface OperationParts {
  readonly writer: EntryWriter
  readonly calls: BackendCalls
  readonly space: StoreSpace
  readonly bounds: CheckedBounds
}

/** Puts, touches and deletes, all in one write. Removes other records if there is no space for what is put. */
export async function applyOperations(
  { writer, calls, space, bounds }: OperationParts,
  operations: readonly StoreOperation[],
  signal: AbortSignal | undefined
): Promise<StoreOperationResult[]> {
  const keys = new Map<string, Uint8Array>()
  const names = operations.map((operation) => {
    const key = operation.type === 'put' ? operation.record.key : operation.key
    const name = mapKey(key)
    keys.set(name, key)
    return name
  })
  const perOperation = transactionsBy(names, keys)
  const admitted = new Set<string>()
  let mayRemove = true
  let mayExpire = true
  for (let attempt = 0; ; attempt++) {
    let admission: PutAdmission | undefined
    const results = await writer.change(keys, signal, {
      mayExpect: attempt === 0 && operations.length === 1 && operations[0]?.type === 'put',
      prepare: (transactions, now) =>
        space.admission(operations, perOperation(transactions), now, { admitted, mayRemove, mayExpire }),
      decide: (transactions, now, prepared) => {
        admission = prepared
        const each = perOperation(transactions)
        return operations.map((operation, index): StoreOperationResult => {
          const transaction = each[index] as EntryTransaction
          const { newer } = transaction.previous
          if (newer !== undefined) throw newer
          if (operation.type === 'put') {
            const { publication = transaction.next.publication } = operation
            const record = withMaxAge(operation.record, (publication ?? undefined) !== undefined, bounds)
            return applyPut(transaction, record, operation, now, prepared)
          }
          if (operation.type === 'touch') return { touched: applyTouch(transaction, operation, now, prepared) }
          return { deleted: applyDelete(transaction, operation, now) }
        })
      }
    })
    const needed = admission?.needed
    if (needed === undefined) return results
    const isLast = attempt >= maxRemovals
    const hasSpace = await raceAbort(calls.track(makeSpace(space, needed)), signal)
    if (needed.isRefused) mayExpire = !isLast && hasSpace
    else mayRemove = !isLast && hasSpace
  }
}

async function makeSpace(space: StoreSpace, needed: NeededSpace): Promise<boolean> {
  try {
    return await (needed.isRefused ? space.removeExpired() : space.makeSpace(needed))
  } catch (error) {
    // not unknown: what the caller puts was not written
    if (!isRecordError(error, 'STORE_UNKNOWN')) throw error
    throw new RecordError('STORE_IO', `the store is full, and removing other records failed: ${error.message}`, {
      cause: error
    })
  }
}

/** Finds the transaction of each operation among those of the keys, which differ when a key occurs more than once. */
function transactionsBy(
  names: readonly string[],
  keys: ReadonlyMap<string, unknown>
): (transactions: Transactions) => Transactions {
  if (names.length === keys.size) return (transactions) => transactions
  const positions = new Map([...keys.keys()].map((name, index) => [name, index]))
  return (transactions) => names.map((name) => transactions[positions.get(name) as number] as EntryTransaction)
}
