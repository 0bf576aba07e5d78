import { RecordManager } from '@recordkit/record-manager'
import { AccessLists, createAccessControl, PeerScores, TokenBucketLimiter } from '@recordkit/record-access'
import type { RecordManagerOptions } from '@recordkit/record-manager'
import type { RecordStore } from '@recordkit/record-store'
import { anyAuthor, ipns, ownerInKey, publicKeys, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { Honest } from './honest.ts'
import type { Random } from './random.ts'
import { start } from './records.ts'
import type { Time } from './records.ts'

/** Tokens of one sender per second: more than honest traffic needs. */
export const pointsPerSecond = 100
/** Number of senders with a token bucket or a score. */
export const maxSenders = 10_000

/** The attacked manager of one node with a clock of its own, and the honest traffic that continues meanwhile. */
export interface TestManager {
  readonly time: Time
  readonly engine: ValidationEngine
  readonly store: RecordStore
  readonly manager: RecordManager
  readonly limiter: TokenBucketLimiter
  readonly scores: PeerScores
  readonly honest: Honest
}

export interface TestManagerOptions {
  readonly random: Random
  readonly time?: Time | undefined
  readonly store?: RecordStore | undefined
  /** the honest traffic from before a restart */
  readonly honest?: Honest | undefined
  readonly manager?: Partial<RecordManagerOptions> | undefined
}

export async function createTestManager(options: TestManagerOptions): Promise<TestManager> {
  const { random, time = { now: start } } = options
  const clock = (): bigint => time.now
  const engine = new ValidationEngine(
    [ipns(), publicKeys(), signed('config', { authors: ownerInKey() }), signed('open', { authors: anyAuthor() })],
    { clock }
  )
  const store = options.store ?? new MemoryRecordStore({ clock })
  const limiter = new TokenBucketLimiter({ points: pointsPerSecond, duration: 1000, maxBuckets: maxSenders, clock })
  const scores = new PeerScores({ maxPeers: maxSenders, clock })
  const access = createAccessControl({ lists: new AccessLists(), limiter, scores })
  const manager = new RecordManager({ engine, store, access, clock, ...options.manager })
  const honest = options.honest ?? (await Honest.of(random))
  honest.connect(manager, time)
  return { time, engine, store, manager, limiter, scores, honest }
}
