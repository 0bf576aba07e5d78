import type { SetTimer } from '@recordkit/record-types'
import { RecordError } from '@recordkit/record-types'
import { LocalChanges } from '@recordkit/record-store/internal'
import { anySignal } from '@recordkit/record-types/internal'
import type { PostgresDatabase } from './postgres-database.ts'
import type { PostgresConnection } from './postgres-pool.ts'
import { channelOf, quoted } from './postgres-schema.ts'

/** Transactions whose keys are read at a time. */
const pageSize = 500

export interface ChangeFeedOptions {
  /** whether notifications wake the feed between polls */
  readonly listen: boolean
  /** ms */
  readonly pollInterval: number
  readonly setTimer: SetTimer
}

/** The number of the last change that was read, by shard. */
type Positions = Map<number, bigint>

/**
 * Reports the keys that any process changes. Each transaction has the next number of its shard, and locks the shard until it
 * commits: the numbers that can be seen have no gap, so that the feed reads on where it was. Notifications only wake it.
 */
export class ChangeFeed {
  readonly #database: PostgresDatabase
  readonly #table: string
  readonly #totals: string
  readonly #channel: string
  readonly #options: ChangeFeedOptions
  #keys = new LocalChanges()
  /** ends the open iterations with its reason when changes were missed */
  #missed = new AbortController()
  #readers = 0
  #running: Promise<void> | undefined
  #listener: PostgresConnection | undefined
  #isConnecting = false
  #isAwake = false
  #wake: () => void = () => undefined
  #isClosed = false

  constructor(database: PostgresDatabase, schema: string, options: ChangeFeedOptions) {
    this.#database = database
    this.#table = `${quoted(schema)}.changes`
    this.#totals = `${quoted(schema)}.totals`
    this.#channel = quoted(channelOf(schema))
    this.#options = options
  }

  /** @throws RecordError `STORE_IO` when changes were deleted before this process could read them */
  async *open(signal: AbortSignal): AsyncGenerator<Uint8Array, undefined> {
    this.#readers++
    this.#running ??= this.#run()
    try {
      return yield* this.#keys.open(anySignal([signal, this.#missed.signal]))
    } finally {
      this.#readers--
      this.#wakeUp()
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#keys.close()
    this.#wakeUp()
    await this.#running
  }

  async #run(): Promise<void> {
    let positions: Positions | undefined
    const started = performance.now()
    while (this.#readers > 0 && !this.#isClosed) {
      this.#listen()
      try {
        positions =
          positions === undefined ? await this.#start(performance.now() - started) : await this.#poll(positions)
      } catch {
        // the database is away: the next poll goes on from the same position
      }
      await this.#sleep()
    }
    this.#running = undefined
    this.#stopListening(this.#listener)
  }

  #wakeUp(): void {
    this.#isAwake = true
    this.#wake()
  }

  async #sleep(): Promise<void> {
    if (!this.#isAwake) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.setTimer(resolve, this.#options.pollInterval)
        this.#wake = () => {
          cancel()
          resolve()
        }
      })
    }
    this.#isAwake = false
  }

  /**
   * The positions of a second before the feed was opened: what was committed while it started, or the database was away, is not
   * missed.
   *
   * @param elapsed - ms since the feed was opened
   */
  async #start(elapsed: number): Promise<Positions> {
    const rows = await this.#database.read(
      `SELECT t.shard, least(t.change, r.change)::text AS change FROM ${this.#totals} t LEFT JOIN (
        SELECT c.shard, min(c.change) - 1 AS change FROM ${this.#table} c
        WHERE c.written >= clock_timestamp() - $1::float8 * interval '1 millisecond' GROUP BY c.shard
      ) r ON r.shard = t.shard`,
      [elapsed + 1000]
    )
    this.#wakeUp()
    return new Map(rows.map(({ shard, change }) => [Number(shard), BigInt(change as string)]))
  }

  /** Reports all changes after the positions. @returns the positions of what was reported */
  async #poll(before: Positions): Promise<Positions> {
    const positions = new Map(before)
    for (;;) {
      const newest = await this.#database.read(`SELECT shard, change::text AS change FROM ${this.#totals}`)
      const behind = newest.filter(
        ({ shard, change }) => BigInt(change as string) > (positions.get(Number(shard)) ?? 0n)
      )
      if (behind.length === 0) return positions
      const rows = await this.#database.read(
        `SELECT c.shard, c.change::text AS change, k.key FROM (
          SELECT c.* FROM unnest($1::integer[], $2::bigint[]) AS p(shard, change)
            JOIN ${this.#table} c ON c.shard = p.shard AND c.change > p.change ORDER BY c.shard, c.change LIMIT ${pageSize}
        ) c, unnest(c.keys) AS k(key) ORDER BY c.shard, c.change`,
        [[...positions.keys()], [...positions.values()].map(String)]
      )
      if (rows.length === 0) return this.#skip(newest)
      for (const { shard, change, key } of rows) {
        const number = BigInt(change as string)
        const last = positions.get(Number(shard)) ?? 0n
        if (number > last + 1n) return this.#skip(newest)
        positions.set(Number(shard), number)
        this.#keys.notify(key as Uint8Array)
      }
    }
  }

  /** Ends all iterations: what they missed was deleted. Later ones begin at the newest changes. */
  #skip(newest: readonly Readonly<Record<string, unknown>>[]): Positions {
    const message = 'changes were deleted before they were read; read again what you watch, and call changes() anew'
    this.#missed.abort(new RecordError('STORE_IO', message))
    this.#missed = new AbortController()
    return new Map(newest.map(({ shard, change }) => [Number(shard), BigInt(change as string)]))
  }

  /** Keeps a connection that receives notifications, where there is none. Polling goes on without it. */
  #listen(): void {
    if (!this.#options.listen || this.#listener !== undefined || this.#isConnecting) return
    this.#isConnecting = true
    void this.#connect().finally(() => {
      this.#isConnecting = false
    })
  }

  async #connect(): Promise<void> {
    try {
      const connection = await this.#database.connect()
      this.#listener = connection
      connection.on?.('notification', () => this.#wakeUp())
      connection.on?.('error', () => this.#stopListening(connection))
      await connection.query(`LISTEN ${this.#channel}`)
      this.#wakeUp()
    } catch {
      this.#stopListening(this.#listener)
    }
    if (this.#running === undefined) this.#stopListening(this.#listener)
  }

  /** @param connection - one that was replaced already is left alone */
  #stopListening(connection: PostgresConnection | undefined): void {
    if (connection === undefined || connection !== this.#listener) return
    this.#listener = undefined
    // closed, not returned: the pool must not pass on a connection that listens
    connection.release(true)
  }
}
