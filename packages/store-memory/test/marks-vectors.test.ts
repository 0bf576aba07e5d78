import { MemoryRecordStore } from '@recordkit/store-memory'
import vectors from '@recordkit/vectors/recordkit/marks.json' with { type: 'json' }
import { expect, test } from 'vitest'

interface Rank {
  readonly order: number
  readonly identity: number
}

interface Operation {
  /** days since the first operation */
  readonly day: number
  readonly put?: Rank & { readonly expires?: number; readonly ifRank?: Rank | null }
  readonly status?: string
}

const start = 1_790_000_000_000_000_000n
const at = (day: number): bigint => start + BigInt(day) * 86_400_000_000_000n
const rankOf = ({ order, identity }: Rank): Uint8Array =>
  Uint8Array.of(order, ...Array.from({ length: 32 }, () => identity))
const key = Uint8Array.of(1)

test.each(vectors.cases)('the operations of the vector $id have its results', async ({ operations }) => {
  let now = start
  await using store = new MemoryRecordStore({ clock: () => now })
  for (const { day, put, status } of operations as readonly Operation[]) {
    now = at(day)
    if (put === undefined) await store.delete(key)
    else {
      const { expires, ifRank } = put
      const record = { key, value: Uint8Array.of(put.order, put.identity), rank: rankOf(put), timeReceived: now }
      const result = await store.put(
        { ...record, expires: expires === undefined ? undefined : at(expires) },
        { ifRank: ifRank == null ? ifRank : rankOf(ifRank) }
      )
      expect(result.status).toBe(status)
    }
  }
})
