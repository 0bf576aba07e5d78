import type { PeerId } from './keys.ts'
import type { UnverifiedRecord } from './namespace.ts'
import type { AbortOptions, MaybePromise } from './time.ts'
import type { Refusal } from './verdict.ts'

/** Options of {@link AccessControl.checkSender}. */
export interface CheckSenderOptions extends AbortOptions {
  /** whether this node asked the peer for the record, and so decided itself how many there are. @default false */
  readonly asked?: boolean | undefined
}

/**
 * Decides which peers may send records, and which keys and authors are allowed. One object is passed once; the engine, the
 * manager and the inbound limits of a libp2p node ask it. Every method is optional: a missing one allows everything.
 * `createAccessControl` of record-access implements it with lists, scores and rate limits.
 */
export interface AccessControl {
  /** Whether records are accepted from this peer. Called before anything is decoded. `undefined` means yes. */
  checkSender?(sender: PeerId, key: Uint8Array, options?: CheckSenderOptions): MaybePromise<Refusal | undefined>
  /** Whether a record may be stored, served and returned. Called for every record, also when its verdict is cached. */
  checkRecord?(record: Pick<UnverifiedRecord, 'key' | 'author'>): Refusal | undefined
  /** Whether connections and streams of this peer are refused. Called for each of them. */
  isBanned?(peer: PeerId): boolean
  /**
   * Receives the result of every record that a peer sent, besides decisions of this node alone: by its lists, scores, limits and
   * space.
   */
  report?(sender: PeerId, status: 'accept' | 'ignore' | 'reject'): void
}

/** A rate limiter with the interface of rate-limiter-flexible: `consume` rejects when no token is left. */
export interface RateLimiter {
  consume(key: string, points?: number): Promise<unknown>
}
