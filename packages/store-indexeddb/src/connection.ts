import { isRecordError, RecordError } from '@recordkit/record-types'
import { openDatabase } from './open-database.ts'
import type { StoreName } from './schema.ts'
import { storeNames } from './schema.ts'

const allStores: StoreName[] = /* @__PURE__ */ Object.values(storeNames)

/** A connection to a database. It is opened again when the browser has closed it. */
export class Connection {
  readonly #name: string
  readonly #durability: IDBTransactionDurability
  #database: IDBDatabase | undefined
  #opening: Promise<IDBDatabase> | undefined
  /** why no call can succeed any more */
  #ended: RecordError | undefined

  /** @param durable - whether a write waits until the data is on the disk */
  constructor(name: string, database: IDBDatabase, durable: boolean) {
    this.#name = name
    this.#durability = durable ? 'strict' : 'relaxed'
    this.#use(database)
  }

  /** Runs `work` in a transaction that only reads. It may await requests of the transaction, and nothing else. */
  async read<Result>(store: StoreName, work: (transaction: IDBTransaction) => Promise<Result>): Promise<Result> {
    return work(await this.#begin([store], 'readonly'))
  }

  /**
   * Runs `work` in a transaction that is isolated from those of all tabs and workers. `false` undoes it. `work` may await
   * requests of the transaction, and nothing else.
   *
   * @throws RecordError `STORE_IO` when nothing was changed; the error of the browser when the outcome is unknown
   */
  async write(work: (transaction: IDBTransaction) => Promise<boolean>): Promise<boolean> {
    const transaction = await this.#begin(allStores, 'readwrite')
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () =>
        reject(transaction.error ?? new DOMException('the transaction was aborted', 'AbortError'))
    })
    // it may be rejected before it is awaited
    ended.catch(() => {})
    let isCommitting = false
    try {
      if (await work(transaction)) {
        isCommitting = true
        transaction.commit()
        await ended
        return true
      }
      await undo(transaction, ended)
      return false
    } catch (error) {
      if (!isCommitting) await undo(transaction, ended)
      throw isCommitting && !isQuotaError(error) ? error : unchangedError(error)
    }
  }

  /** Closes the database when its transactions have ended. */
  async close(): Promise<void> {
    const database = this.#database ?? (await this.#opening?.catch(() => undefined))
    database?.close()
  }

  async #begin(stores: StoreName[], mode: 'readonly' | 'readwrite'): Promise<IDBTransaction> {
    if (this.#ended !== undefined) throw this.#ended
    const options = { durability: this.#durability }
    try {
      if (this.#database !== undefined) return this.#database.transaction(stores, mode, options)
    } catch (error) {
      // InvalidStateError: the browser has closed the database, and its event is still to come
      if (!isNamed(error, 'InvalidStateError')) throw unchangedError(error)
      this.#database = undefined
    }
    try {
      return (await this.#reopen()).transaction(stores, mode, options)
    } catch (error) {
      throw unchangedError(error)
    }
  }

  /** Opens the database again, unless it was deleted. Concurrent calls share one connection. */
  #reopen(): Promise<IDBDatabase> {
    const open = async (): Promise<IDBDatabase> => {
      try {
        const database = await openDatabase(this.#name, { mustExist: true })
        this.#use(database)
        return database
      } finally {
        this.#opening = undefined
      }
    }
    this.#opening ??= open()
    return this.#opening
  }

  #use(database: IDBDatabase): void {
    const forget = (): void => {
      if (this.#database === database) this.#database = undefined
    }
    this.#database = database
    database.onclose = forget
    database.onversionchange = ({ newVersion }) => {
      // the deletion or the newer version waits until this connection is closed
      database.close()
      forget()
      if (newVersion !== null) this.#ended = upgradedError(this.#name, newVersion)
    }
  }
}

/** Undoes what a transaction has changed, if the browser has not done so. */
async function undo(transaction: IDBTransaction, ended: Promise<void>): Promise<void> {
  try {
    transaction.abort()
  } catch {
    // it has ended
  }
  await ended.catch(() => {})
}

function unchangedError(error: unknown): RecordError {
  if (isRecordError(error)) return error
  const reason = isQuotaError(error) ? 'the storage quota of the browser is used up' : textOf(error)
  return new RecordError('STORE_IO', `IndexedDB failed, and nothing was changed: ${reason}`, { cause: error })
}

function upgradedError(name: string, version: number): RecordError<'STORE_NEWER_FORMAT'> {
  const message = `another tab or worker upgraded the database "${name}" to version ${version}; reload this one`
  return new RecordError('STORE_NEWER_FORMAT', message, { details: { version } })
}

function isQuotaError(error: unknown): boolean {
  return isNamed(error, 'QuotaExceededError')
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
