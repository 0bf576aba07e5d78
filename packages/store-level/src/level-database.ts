/** One write of a batch. */
export type LevelOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

export interface LevelRange {
  readonly gte?: Uint8Array | undefined
  readonly lt?: Uint8Array | undefined
  readonly reverse?: boolean | undefined
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

/** A batch that is filled step by step: many times cheaper to fill than an array of operations in classic-level. */
export interface LevelBatch {
  put(key: Uint8Array, value: Uint8Array, options: LevelEncoding): unknown
  del(key: Uint8Array, options: LevelEncoding): unknown
  write(options: { readonly sync?: boolean | undefined }): Promise<void>
  close(): Promise<void>
}

/**
 * What is used of an abstract-level 3 database: classic-level, browser-level, memory-level, a sublevel of one, or any
 * other. A shape and not the class, so that a database of any key and value types fits, from any copy of abstract-level.
 */
export interface LevelDatabase {
  readonly supports: {
    readonly encodings?: Readonly<Record<string, boolean>> | undefined
    readonly permanence?: boolean | undefined
    readonly implicitSnapshots?: boolean | undefined
  }
  readonly status: string
  open(): Promise<void>
  close(): Promise<void>
  get(key: Uint8Array, options: LevelEncoding): Promise<Uint8Array | undefined>
  getSync(key: Uint8Array, options: LevelEncoding): Uint8Array | undefined
  batch(): LevelBatch
  iterator(options: LevelRange & LevelEncoding): LevelIterator
  /** LevelDB's own */
  compactRange?(start: Uint8Array, end: Uint8Array, options: LevelEncoding): Promise<void>
  /** the database that a sublevel is part of */
  readonly db?: unknown
}

const encoding: LevelEncoding = /* @__PURE__ */ Object.freeze({ keyEncoding: 'view', valueEncoding: 'view' })

/** Whether the database declares synchronous reads (abstract-level 3.1). */
export function readsAtOnce(database: LevelDatabase): boolean {
  return (database.supports as { readonly getSync?: boolean | undefined }).getSync === true
}

/** Reads bytes, at once where the database can. */
export function readBytes(
  database: LevelDatabase,
  key: Uint8Array
): Uint8Array | undefined | Promise<Uint8Array | undefined> {
  return readsAtOnce(database) ? database.getSync(key, encoding) : database.get(key, encoding)
}

/** Writes all or nothing; `sync`: resolves when the database has synced it, if it can. */
export async function writeBatch(
  database: LevelDatabase,
  operations: readonly LevelOperation[],
  sync: boolean
): Promise<void> {
  const batch = database.batch()
  try {
    for (const operation of operations) {
      if (operation.type === 'put') batch.put(operation.key, operation.value, encoding)
      else batch.del(operation.key, encoding)
    }
  } catch (error) {
    await batch.close()
    throw error
  }
  await batch.write({ sync })
}

/**
 * Lets LevelDB begin a new log. A write that failed may have torn the old one, and LevelDB goes on writing behind the
 * tear, where its recovery does not find it: what was acknowledged since would be lost, synced or not.
 */
export async function leaveLog(database: LevelDatabase): Promise<void> {
  const whole = (database.db ?? database) as LevelDatabase
  const nothing = new Uint8Array(0)
  // compacting no key at all still puts the log's entries into a table
  await whole.compactRange?.(nothing, nothing, encoding)
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
