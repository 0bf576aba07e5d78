import { isRecordError, RecordError } from '@recordkit/record-types'

/** Result codes of SQLite. */
const code = { busy: 5, locked: 6, readOnly: 8, corrupt: 11, full: 13, notADatabase: 26 } as const

/** The primary result code of an error; `undefined` for an error that is not from SQLite. */
function codeOf(error: unknown): number | undefined {
  const found: unknown = (error as { readonly errcode?: unknown } | null | undefined)?.errcode
  return typeof found === 'number' ? found & 0xff : undefined
}

/** Whether another connection has a lock. */
export function isBusy(error: unknown): boolean {
  const found = codeOf(error)
  return found === code.busy || found === code.locked
}

/** Whether a failed COMMIT has changed nothing, for certain: there was no space for what it had to write. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === code.full
}

/** What a failed statement means to the store: nothing was changed. */
export function sqliteError(error: unknown): RecordError {
  if (isRecordError(error)) return error
  const found = codeOf(error)
  const fields = { cause: error, details: { sqliteCode: found } }
  const reason = error instanceof Error ? error.message : String(error)
  if (isBusy(error)) {
    const message = 'another process did not release the database in time; nothing was changed, try again later'
    return new RecordError('STORE_CONTENDED', message, fields)
  }
  if (found === code.readOnly) {
    const message =
      'the database is read-only: check the options of the database, and the permissions of its file and folder'
    return new RecordError('STORE_READ_ONLY', message, fields)
  }
  if (found === code.corrupt) {
    const message = `the file of the database is damaged, and nothing was changed; restore a backup: ${reason}`
    return new RecordError('STORE_CORRUPT', message, fields)
  }
  if (found === code.notADatabase)
    return new RecordError('STORE_UNRECOGNIZED', 'the file is not a database of SQLite, or is encrypted', fields)
  if (found === code.full)
    return new RecordError('STORE_IO', `there is no space for the database, and nothing was changed: ${reason}`, fields)
  return new RecordError('STORE_IO', `SQLite failed, and nothing was changed: ${reason}`, fields)
}
