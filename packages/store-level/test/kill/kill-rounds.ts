import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClassicLevel } from 'classic-level'
import { LevelRecordStore } from '../../src/index.ts'

/** The result of killing a writer repeatedly. */
export interface KillReport {
  readonly rounds: number
  readonly acknowledged: number
  /** acknowledged writes without a record or mark of that rank or a higher one: must be empty */
  readonly lost: readonly string[]
  /** problems that `verify` reported after a kill: must be empty */
  readonly problems: readonly string[]
}

const writer = fileURLToPath(new URL('writer.ts', import.meta.url))

/** Starts a process that writes to a database, kills it at a random time, reopens the database and compares; `rounds` times. */
export async function killRounds(rounds: number, durable: boolean): Promise<KillReport> {
  const folder = await mkdtemp(join(tmpdir(), 'recordkit-kill-'))
  const location = join(folder, 'database')
  /** the highest acknowledged rank of each key */
  const highest = new Map<string, bigint>()
  const lost: string[] = []
  const problems: string[] = []
  let acknowledged = 0
  try {
    for (let round = 0; round < rounds; round++) {
      const lines = await writeAndKill(location, durable, round)
      acknowledged += lines.length
      for (const line of lines) {
        const [key = '', rank = '0'] = line.split(' ')
        if (BigInt(rank) > (highest.get(key) ?? -1n)) highest.set(key, BigInt(rank))
      }
      const store = await LevelRecordStore.open(new ClassicLevel(location), { closeDatabase: true })
      for (const { kind, message } of (await store.verify()).problems)
        problems.push(`round ${round}: ${kind}: ${message}`)
      for (const [key, rank] of highest) {
        const bytes = new TextEncoder().encode(key)
        const stored = rankOf((await store.get(bytes))?.rank)
        const marked = rankOf((await store.mark(bytes))?.rank)
        if (stored < rank && marked < rank)
          lost.push(`round ${round}: ${key} at rank ${rank}; the record has ${stored}, the mark ${marked}`)
      }
      await store.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return { rounds, acknowledged, lost, problems }
}

async function writeAndKill(location: string, durable: boolean, round: number): Promise<string[]> {
  const start = String(round * 1_000_000)
  const child = spawn(process.execPath, [writer, location, String(durable), start], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  let errors = ''
  let onOpen = (): void => {}
  const open = new Promise<void>((resolve) => {
    onOpen = resolve
  })
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
    onOpen()
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  const closed = once(child, 'close')
  await Promise.race([open, closed])
  // random on purpose; may be before the first write
  await new Promise((resolve) => setTimeout(resolve, Math.random() ** 2 * 120))
  child.kill('SIGKILL')
  await closed
  if (!output.startsWith('open\n')) throw new Error(`the writer did not start: ${errors}`)
  // the last line may be incomplete
  return output.split('\n').slice(1, -1)
}

function rankOf(bytes: Uint8Array | undefined): bigint {
  return bytes === undefined ? -1n : new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)
}
