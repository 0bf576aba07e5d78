import { RecordManager } from '@recordkit/record-manager'
import { AccessLists, PeerAccess, PeerScores, TokenBucketLimiter } from '@recordkit/record-access'
import type { RecordManagerOptions } from '@recordkit/record-manager'
import type { RecordStore } from '@recordkit/record-store'
import { anyAuthor, ipns, ownerInKey, publicKeys, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { Honest } from './honest.ts'
import type { Random } from './random.ts'
import { start } from './records.ts'
import type { Time } from './records.ts'

/** Tokens of one sender, a second: more than an honest one needs. */
export const pointsPerSecond = 100
/** Senders remembered by rate and by reputation. */
export const senders = 10_000

/** One node's records under a clock of its own: what is attacked, and the honest traffic that goes on meanwhile. */
export interface TestManager {
  readonly time: Time
  readonly engine: ValidationEngine
  readonly store: RecordStore
  readonly manager: RecordManager
  readonly limiter: TokenBucketLimiter
  readonly reputation: PeerScores
  readonly honest: Honest
}

export interface TestManagerOptions {
  readonly random: Random
  readonly time?: Time
  readonly store?: RecordStore
  /** the honest traffic from before a restart */
  readonly honest?: Honest
  readonly parts?: Partial<RecordManagerOptions>
}

export async function createTestManager(options: TestManagerOptions): Promise<TestManager> {
  const { random, time = { now: start } } = options
  const clock = (): bigint => time.now
  const engine = new ValidationEngine(
    [ipns(), publicKeys(), signed('config', { authors: ownerInKey() }), signed('open', { authors: anyAuthor() })],
    { clock }
  )
  const store = options.store ?? new MemoryRecordStore({ clock })
  const limiter = new TokenBucketLimiter({ points: pointsPerSecond, duration: 1, maxBuckets: senders, clock })
  const reputation = new PeerScores({ maxPeers: senders, clock })
  const access = new PeerAccess({ lists: new AccessLists(), limiter, scores: reputation })
  const manager = new RecordManager({ engine, store, access, clock, ...options.parts })
  const honest = options.honest ?? (await Honest.of(random))
  honest.talkTo(manager, time)
  return { time, engine, store, manager, limiter, reputation, honest }
}
