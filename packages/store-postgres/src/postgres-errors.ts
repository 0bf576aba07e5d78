import { isRecordError, RecordError } from '@recordkit/record-types'

/** Another transaction was in the way: nothing was changed, and the same work may succeed when it is repeated. */
export class ContentionError extends Error {
  constructor(cause: unknown) {
    super(`another transaction was in the way: ${messageOf(cause)}`, { cause })
  }
}

/** SQLSTATEs after which a transaction can be repeated: serialization, deadlock, a key inserted by another */
const contended: ReadonlySet<string> = /* @__PURE__ */ new Set(['40001', '40P01', '23505'])
/** the server has ended the connection */
const ended: ReadonlySet<string> = /* @__PURE__ */ new Set(['57P01', '57P02', '57P03', '57P05', '25P03'])
/** the tables of the store or its function are gone, or not those of this version */
const changed: ReadonlySet<string> = /* @__PURE__ */ new Set(['42P01', '42703', '42883', '3F000'])

/** The SQLSTATE of an error of the server; `undefined` for any other error. */
export function sqlStateOf(error: unknown): string | undefined {
  const code: unknown = (error as { readonly code?: unknown } | null | undefined)?.code
  // the codes of Node's errors begin with E
  return typeof code === 'string' && /^(?!E)[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** Whether a connection can be used after an error. */
export function isUsableAfter(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state !== undefined && !state.startsWith('08') && !ended.has(state)
}

/** Whether the connection did not have, or had already, what its driver prepared: nothing was run. */
export function isLostPreparation(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state === '26000' || state === '42P05'
}

/**
 * What a failed statement or transaction means to the store.
 *
 * @param isCommitting - whether COMMIT was sent: then only some errors mean that nothing was changed
 */
export function postgresError(error: unknown, isCommitting: boolean): RecordError | ContentionError {
  if (isRecordError(error) || error instanceof ContentionError) return error
  const state = sqlStateOf(error)
  const fields = { cause: error, details: { sqlState: state } }
  // 40003: the server itself does not know
  const isRolledBack = state !== undefined && state !== '40003' && /^(?:40|23|25006)/.test(state)
  if (state === '40003' || (isCommitting && !isRolledBack)) {
    const message = `PostgreSQL did not confirm a commit, which may or may not have happened: ${messageOf(error)}`
    return new RecordError('STORE_UNKNOWN', message, fields)
  }
  if (state !== undefined && contended.has(state)) return new ContentionError(error)
  if (state === '55P03') {
    const message = 'another transaction did not release a lock in time; nothing was changed, try again later'
    return new RecordError('STORE_CONTENDED', message, fields)
  }
  if (state === '25006') {
    const message =
      'the database is read-only: a replica, or a server on which writes are switched off; connect to the primary'
    return new RecordError('STORE_READ_ONLY', message, fields)
  }
  if (state !== undefined && changed.has(state)) {
    const message = `the tables are not those of this version, which a later version may have replaced: ${messageOf(error)}`
    return new RecordError('STORE_NEWER_FORMAT', message, fields)
  }
  return new RecordError('STORE_IO', `PostgreSQL failed, and nothing was changed: ${messageOf(error)}`, fields)
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
