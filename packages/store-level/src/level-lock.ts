import { RecordError } from '@recordkit/record-types'
import type { SetTimer } from '@recordkit/record-types'
import type { LevelDatabase } from './level-database.ts'

/** ms between attempts to open a database that another process has open: the first pause, and the longest */
const [firstPause, longestPause] = [10, 1000]

/** The members of browser-level, and of sublevels of it, that name the data. */
interface NamedDatabase {
  readonly type?: unknown
  readonly location?: unknown
  readonly namePrefix?: unknown
  /** `null`, except of a sublevel */
  readonly parent?: unknown
  /** of a sublevel: the database that it is part of */
  readonly db?: unknown
  /** of a sublevel */
  readonly prefix?: unknown
}

/**
 * Opens a database and keeps other tabs, workers and processes from using it as a store: LevelDB has a lock of its own, and
 * browser-level gets a Web Lock.
 *
 * @param wait - ms to wait while another has it
 * @returns releases the lock, when the store is closed
 * @throws RecordError `STORE_LOCKED`; what the database throws
 */
export async function openLocked(
  database: LevelDatabase,
  wait: number,
  setTimer: SetTimer
): Promise<() => Promise<void>> {
  const over = new AbortController()
  let cancel = (): void => {}
  if (wait <= 0) over.abort()
  else if (wait < Number.POSITIVE_INFINITY) cancel = setTimer(() => over.abort(), wait)
  try {
    const release = await takeWebLock(database, over.signal)
    try {
      await openUnlocked(database, over.signal, setTimer)
      return release
    } catch (error) {
      await release()
      throw error
    }
  } finally {
    cancel()
  }
}

/** Takes the Web Lock of a database in IndexedDB. Nothing to release for other databases, and on platforms without locks. */
function takeWebLock(database: LevelDatabase, over: AbortSignal): Promise<() => Promise<void>> {
  const name = lockName(database)
  const { locks } = (globalThis as { readonly navigator?: { readonly locks?: LockManager } }).navigator ?? {}
  if (name === undefined || locks === undefined) return Promise.resolve(async () => {})
  return new Promise((resolve, reject) => {
    const released = locks.request(name, over.aborted ? { ifAvailable: true } : { signal: over }, (lock) => {
      if (lock === null) return reject(lockedError())
      return new Promise<void>((release) => {
        resolve(async () => {
          release()
          await released
        })
      })
    })
    released.catch((error: unknown) => reject(over.aborted ? lockedError(error) : (error as Error)))
  })
}

async function openUnlocked(database: LevelDatabase, over: AbortSignal, setTimer: SetTimer): Promise<void> {
  for (let pause = firstPause; ; pause = Math.min(longestPause, 2 * pause)) {
    try {
      return await database.open()
    } catch (error) {
      if (!isLocked(error)) throw error
      if (over.aborted) throw lockedError(error)
      await new Promise<void>((resolve) => void setTimer(resolve, pause))
    }
  }
}

/** The name of the lock of a database or sublevel; `undefined` for one that is not in IndexedDB. */
function lockName(database: LevelDatabase): string | undefined {
  const { parent, db, prefix } = database as NamedDatabase
  // `db` of browser-level itself is its IDBDatabase
  const isSublevel = parent !== undefined && parent !== null
  const root = (isSublevel ? db : database) as NamedDatabase
  if (root.type !== 'browser-level') return undefined
  return `recordkit:level:${JSON.stringify([root.namePrefix, root.location, isSublevel ? prefix : ''])}`
}

/** Whether LevelDB reports that another process, or another object of this one, has the database open. */
function isLocked(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ((cause as { readonly code?: unknown }).code === 'LEVEL_LOCKED') return true
  return false
}

function lockedError(cause?: unknown): RecordError<'STORE_LOCKED'> {
  const message =
    'the database is open in another process or tab, or by another object of this one; close it there, or pass the option `wait`'
  return new RecordError('STORE_LOCKED', message, { cause })
}
