import type { AbstractLevel } from 'abstract-level'

/** Any abstract-level database, whatever its own types of keys and values are: ours are bytes. */
// oxlint-disable-next-line typescript/no-explicit-any -- the parameters are invariant; no narrower type takes every database
export type LevelDatabase = AbstractLevel<any, any, any>

/** One write of a batch. */
export type LevelOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

export interface LevelRange {
  readonly gte?: Uint8Array
  readonly lt?: Uint8Array
  readonly reverse?: boolean
  readonly limit?: number
}

const encoding = { keyEncoding: 'view', valueEncoding: 'view' } as const

/** Whether the database declares synchronous reads (abstract-level 3.1). */
export function readsAtOnce(database: LevelDatabase): boolean {
  return (database.supports as { readonly getSync?: boolean }).getSync === true
}

/** Reads bytes, at once where the database can. */
export function readBytes(
  database: LevelDatabase,
  key: Uint8Array
): Uint8Array | undefined | Promise<Uint8Array | undefined> {
  if (readsAtOnce(database)) return database.getSync<Uint8Array, Uint8Array>(key, encoding)
  return database.get<Uint8Array, Uint8Array>(key, encoding)
}

export function readManyBytes(database: LevelDatabase, keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
  return database.getMany<Uint8Array, Uint8Array>(keys, encoding)
}

export function writeBatch(
  database: LevelDatabase,
  operations: readonly LevelOperation[],
  sync: boolean
): Promise<void> {
  const options = { ...encoding, sync }
  return database.batch<Uint8Array, Uint8Array>(operations as LevelOperation[], options)
}

export async function* readRange(
  database: LevelDatabase,
  range: LevelRange
): AsyncGenerator<[Uint8Array, Uint8Array], undefined> {
  const iterator = database.iterator<Uint8Array, Uint8Array>({ ...range, ...encoding })
  try {
    for (;;) {
      const entry = await iterator.next()
      if (entry === undefined) return undefined
      yield entry
    }
  } finally {
    await iterator.close()
  }
}
