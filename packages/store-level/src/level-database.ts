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

/** How keys and values are handed over: as bytes, whatever the database's own types are. */
export interface LevelEncoding {
  readonly keyEncoding: 'view'
  readonly valueEncoding: 'view'
}

/** What an abstract-level iterator does here. */
export interface LevelIterator {
  next(): Promise<[Uint8Array, Uint8Array] | undefined>
  close(): Promise<void>
}

/**
 * What is used of an abstract-level 3 database: classic-level, browser-level, memory-level, a sublevel of one, or any
 * other. A shape and not the class, so that a database of any key and value types fits, from any copy of abstract-level.
 */
export interface LevelDatabase {
  readonly supports: {
    readonly encodings?: Readonly<Record<string, boolean>>
    readonly permanence?: boolean
    readonly implicitSnapshots?: boolean
  }
  readonly status: string
  open(): Promise<void>
  close(): Promise<void>
  get(key: Uint8Array, options: LevelEncoding): Promise<Uint8Array | undefined>
  getSync(key: Uint8Array, options: LevelEncoding): Uint8Array | undefined
  batch(operations: LevelOperation[], options: LevelEncoding & { readonly sync?: boolean }): Promise<void>
  iterator(options: LevelRange & LevelEncoding): LevelIterator
}

const encoding: LevelEncoding = /* @__PURE__ */ Object.freeze({ keyEncoding: 'view', valueEncoding: 'view' })

/** Whether the database declares synchronous reads (abstract-level 3.1). */
export function readsAtOnce(database: LevelDatabase): boolean {
  return (database.supports as { readonly getSync?: boolean }).getSync === true
}

/** Reads bytes, at once where the database can. */
export function readBytes(
  database: LevelDatabase,
  key: Uint8Array
): Uint8Array | undefined | Promise<Uint8Array | undefined> {
  return readsAtOnce(database) ? database.getSync(key, encoding) : database.get(key, encoding)
}

/** Writes all or nothing; `sync`: resolves when the database has synced it, if it can. */
export function writeBatch(database: LevelDatabase, operations: LevelOperation[], sync: boolean): Promise<void> {
  return database.batch(operations, { ...encoding, sync })
}

/** Entries within bounds; closes the database's iterator when it is left. */
export async function* readRange(
  database: LevelDatabase,
  range: LevelRange
): AsyncGenerator<[Uint8Array, Uint8Array], undefined> {
  const iterator = database.iterator({ ...range, ...encoding })
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
