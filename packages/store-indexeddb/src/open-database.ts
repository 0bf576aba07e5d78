import { RecordError, systemTimer } from '@recordkit/record-types'
import type { SetTimer } from '@recordkit/record-types'
import { resultOf } from './requests.ts'
import type { FormatRow } from './schema.ts'
import { formatVersion, hasStores, metaKey, migrate, storeNames } from './schema.ts'

export interface OpenOptions {
  /** refuse to create the database. @default false */
  readonly mustExist?: boolean | undefined
  /** ms; `Infinity` means no timeout. @default Infinity */
  readonly timeout?: number | undefined
  readonly setTimer?: SetTimer | undefined
}

/**
 * Opens a database, and creates or migrates it.
 *
 * @throws RecordError `STORE_UNRECOGNIZED`, `STORE_NEWER_FORMAT` (both leave the database unchanged), `STORE_LOCKED` when
 * tabs with an older version keep it open, `TIMEOUT`, `STORE_IO`
 */
export async function openDatabase(name: string, options: OpenOptions = {}): Promise<IDBDatabase> {
  const database = await openVersion(name, options)
  try {
    if (await isRecordStore(database)) return database
    throw unrecognizedError(name)
  } catch (error) {
    database.close()
    throw error
  }
}

function openVersion(name: string, options: OpenOptions): Promise<IDBDatabase> {
  const { mustExist = false, timeout = Number.POSITIVE_INFINITY, setTimer = systemTimer } = options
  return new Promise((resolve, reject) => {
    let isBlocked = false
    let hasTimedOut = false
    let refusal: RecordError | undefined
    const cancel =
      timeout === Number.POSITIVE_INFINITY
        ? undefined
        : setTimer(() => {
            hasTimedOut = true
            reject(isBlocked ? blockedError(name) : timeoutError(timeout))
          }, timeout)
    const request = indexedDB.open(name, formatVersion)
    request.onblocked = () => {
      isBlocked = true
    }
    request.onupgradeneeded = ({ oldVersion }) => {
      const { result: database, transaction } = request
      if (oldVersion === 0 && mustExist) refusal = deletedError(name)
      else if (oldVersion > 0 && !hasStores(database)) refusal = unrecognizedError(name)
      if (refusal === undefined && !hasTimedOut) migrate(database, transaction as IDBTransaction, oldVersion)
      else transaction?.abort()
    }
    request.onsuccess = () => {
      cancel?.()
      if (hasTimedOut) request.result.close()
      else resolve(request.result)
    }
    request.onerror = (event) => {
      cancel?.()
      // Firefox reports errors that are not handled
      event.preventDefault()
      const { error } = request
      if (refusal === undefined && error?.name === 'VersionError') newerError(name).then(reject, reject)
      else reject(refusal ?? openError(error))
    }
  })
}

/** Whether a database contains the format row of a record store. */
async function isRecordStore(database: IDBDatabase): Promise<boolean> {
  if (!hasStores(database)) return false
  const meta = database.transaction(storeNames.meta).objectStore(storeNames.meta)
  const format = (await resultOf(meta.get(metaKey.format))) as FormatRow | undefined
  return format?.name === 'recordkit'
}

/** The error for a database of a higher version: a newer format, or other data. */
async function newerError(name: string): Promise<RecordError> {
  const database = await resultOf(indexedDB.open(name))
  try {
    const { version } = database
    if (!(await isRecordStore(database))) return unrecognizedError(name)
    const message = `the database "${name}" has format version ${version}; this version supports up to ${formatVersion}`
    return new RecordError('STORE_NEWER_FORMAT', message, { details: { version } })
  } finally {
    database.close()
  }
}

function unrecognizedError(name: string): RecordError<'STORE_UNRECOGNIZED'> {
  return new RecordError('STORE_UNRECOGNIZED', `the database "${name}" contains other data; use another name`)
}

function deletedError(name: string): RecordError<'STORE_IO'> {
  return new RecordError(
    'STORE_IO',
    `the database "${name}" was deleted; open the store again to begin with an empty one`
  )
}

function blockedError(name: string): RecordError<'STORE_LOCKED'> {
  const message = `a tab or worker keeps an older version of the database "${name}" open; close or reload it`
  return new RecordError('STORE_LOCKED', message)
}

function timeoutError(timeout: number): RecordError<'TIMEOUT'> {
  return new RecordError('TIMEOUT', `the browser did not open the database within ${timeout / 1000} s`)
}

function openError(cause: DOMException | null): RecordError<'STORE_IO'> {
  return new RecordError('STORE_IO', `the browser did not open the database: ${cause?.name}: ${cause?.message}`, {
    cause
  })
}
