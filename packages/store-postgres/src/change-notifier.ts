import type { SetTimer } from '@recordkit/record-types'
import type { PostgresDatabase } from './postgres-database.ts'
import { channelOf } from './postgres-names.ts'

/** ms between two notifications of one process */
const interval = 50

/**
 * Wakes the feeds of other processes after transactions. A transaction of its own: transactions that notify commit one after
 * another in the whole cluster, and those that write records must not.
 */
export class ChangeNotifier {
  readonly #database: PostgresDatabase
  readonly #channel: string
  readonly #setTimer: SetTimer
  #running: Promise<void> | undefined
  #isNeeded = false

  constructor(database: PostgresDatabase, schema: string, setTimer: SetTimer) {
    this.#database = database
    this.#channel = channelOf(schema)
    this.#setTimer = setTimer
  }

  /** Notifies soon; calls within the interval share one notification. */
  notify(): void {
    this.#isNeeded = true
    this.#running ??= this.#run()
  }

  async close(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#isNeeded) {
      this.#isNeeded = false
      try {
        const statement = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1::text, '')"
        await this.#database.read(statement, [this.#channel])
      } catch {
        // the feeds poll
      }
      await new Promise<void>((resolve) => void this.#setTimer(resolve, interval))
    }
    this.#running = undefined
  }
}
