import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRecordError } from '@recordkit/record-types'
import { ClassicLevel } from 'classic-level'
import { LevelRecordStore } from '../../src/index.ts'
import { record, text } from '../records.ts'

/** What came of filling a disk to its end. */
export interface FullDiskReport {
  /** puts and deletes that were acknowledged before the disk was full */
  readonly acknowledged: number
  /** codes of what was rejected on the full disk */
  readonly codes: ReadonlySet<string>
  /** what was not as it must be: must be empty */
  readonly problems: readonly string[]
}

export interface FullDiskSetting {
  readonly durable: boolean
  /** bytes of each value */
  readonly valueSize: number
  /** bytes that the database gathers before it writes a table: with few, tables and not only logs meet the full disk */
  readonly writeBufferSize: number
}

/** Mounts a disk of 8 MiB for the time of `use`. @throws when this user may not mount, or the system cannot */
async function withDisk<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'recordkit-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { stdio: 'pipe' })
    try {
      return await use(folder)
    } finally {
      execFileSync('umount', [folder], { stdio: 'pipe' })
    }
  } finally {
    rmdirSync(folder)
  }
}

/** Why no disk can be mounted here; `undefined` when one can. */
export async function whyNoDisk(): Promise<string | undefined> {
  try {
    await withDisk(async () => {})
    return undefined
  } catch (error) {
    return `no disk can be mounted here: ${(error as Error).message.trim()}`
  }
}

/**
 * Writes to a store on a small disk until it is full, goes on trying, frees some room, opens the store again, and
 * compares each time with what was acknowledged.
 */
export function fillDisk(setting: FullDiskSetting): Promise<FullDiskReport> {
  return withDisk(async (folder) => {
    const ballast = join(folder, 'ballast')
    writeFileSync(ballast, new Uint8Array(4_718_592))
    const location = join(folder, 'database')
    const open = (): Promise<LevelRecordStore> => {
      const database = new ClassicLevel(location, { writeBufferSize: setting.writeBufferSize, compression: false })
      return LevelRecordStore.open(database, { durable: setting.durable, closeDatabase: true })
    }
    const problems: string[] = []
    const codes = new Set<string>()
    /** what each key is known to hold; absent once a write of it was rejected, as that may be there after all */
    const known = new Map<string, 'held' | 'gone'>()
    let acknowledged = 0
    const attempt = async (key: string, state: 'held' | 'gone', work: () => Promise<unknown>): Promise<boolean> => {
      try {
        await work()
        known.set(key, state)
        acknowledged++
        return true
      } catch (error) {
        if (!isRecordError(error)) problems.push(`${key} was rejected without a code: ${String(error)}`)
        else codes.add(error.code)
        return false
      }
    }
    const compare = async (store: LevelRecordStore, when: string): Promise<void> => {
      for (const [key, state] of known) {
        const held = (await store.get(text(key))) !== undefined
        if (held !== (state === 'held')) problems.push(`${when}: ${key} was acknowledged as ${state}`)
        if (state === 'gone' && (await store.mark(text(key))) === undefined) problems.push(`${when}: no mark of ${key}`)
      }
    }

    const store = await open()
    let rejected = 0
    for (let number = 0; rejected < 8; number++) {
      const key = `/fill/${number}`
      const value = String.fromCharCode(97 + (number % 26)).repeat(setting.valueSize)
      const before = await store.stats()
      if (!(await attempt(key, 'held', () => store.put(record(key, value, 1))))) {
        rejected++
        if ((await store.get(text(key))) !== undefined) problems.push(`${key} was rejected and is there`)
        const after = await store.stats()
        if (after.entries !== before.entries) problems.push(`${key} was rejected and is counted`)
      } else if (number % 5 === 0) {
        if (!(await attempt(key, 'gone', () => store.delete(text(key))))) rejected++
      }
    }
    await compare(store, 'on the full disk')
    await store.close().catch(() => {})

    // what the database wrote to its log it makes a table of when it opens, which may take more room than there is
    const full = await open().catch((error: unknown) => {
      if (!isRecordError(error, 'STORE_IO')) problems.push(`opening was rejected without its code: ${String(error)}`)
    })
    if (full !== undefined) {
      await compare(full, 'opened on the full disk')
      await full.close().catch(() => {})
    }

    rmSync(ballast)
    const again = await open()
    await compare(again, 'opened with room again')
    for (const { kind, message } of (await again.verify()).problems) problems.push(`verify: ${kind}: ${message}`)
    for (let number = 0; number < 20; number++) {
      const key = `/after/${number}`
      if (!(await attempt(key, 'held', () => again.put(record(key, 'v', 1))))) problems.push(`${key} was rejected`)
    }
    await compare(again, 'written to again')
    await again.close()
    return { acknowledged, codes, problems }
  })
}
