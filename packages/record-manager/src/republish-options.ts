import {
  checkBoolean,
  checkCount,
  checkDuration,
  checkFunction,
  checkOptions,
  nanosecondsOf
} from '@recordkit/record-types/internal'
import { copyBytes } from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'

/** How records are published again before they expire. */
export interface RepublishOptions {
  /**
   * ms between two publications of a key. A record of our own is published again earlier when only a third of its lifetime
   * remains. @default the `republishInterval` of the namespace, else 22 hours
   */
  readonly interval?: ((key: Uint8Array) => number) | undefined
  /** maximum number of publications at the same time. @default 4 */
  readonly concurrency?: number | undefined
  /**
   * ms before a failed publication is tried again; doubled after every failure, up to an hour, the interval, or a sixth of the
   * lifetime. @default 60_000
   */
  readonly retry?: number | undefined
  /**
   * sign a record that lapsed while this node was away although the network does not answer. Another device may have published
   * later content meanwhile. @default false: such a record is signed once the network has answered
   */
  readonly renewUnanswered?: boolean | undefined
}

export interface CheckedRepublishOptions {
  /** ns @throws RecordError `INVALID_ARGUMENT`; what the application's function throws */
  readonly interval: (key: Uint8Array) => bigint
  readonly concurrency: number
  /** ns */
  readonly retry: bigint
  readonly renewUnanswered: boolean
  readonly random: () => number
}

/** ms: 22 hours, as in go-libp2p-kad-dht, which stores records for 48 hours */
const defaultInterval = 79_200_000

/** @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkRepublishOptions(
  engine: ValidationEngine,
  republish: RepublishOptions = {},
  random: () => number = Math.random
): CheckedRepublishOptions {
  checkOptions(republish, { interval: 0, concurrency: 0, retry: 0, renewUnanswered: 0 }, 'republish')
  checkFunction(random, 'random')
  if (republish.interval !== undefined) checkFunction(republish.interval, 'republish.interval')
  const ofNamespace = (key: Uint8Array): number => {
    const namespace = engine.namespaceOf(key)
    return ('status' in namespace ? undefined : namespace.republishInterval) ?? defaultInterval
  }
  const { interval: given } = republish
  const interval = given === undefined ? ofNamespace : (key: Uint8Array) => given(copyBytes(key))
  return {
    interval: (key) => nanosecondsOf(checkDuration(interval(key), 'republish.interval(key)', defaultInterval)),
    concurrency: checkCount(republish.concurrency, 'concurrency', 4),
    retry: nanosecondsOf(checkDuration(republish.retry, 'retry', 60_000)),
    renewUnanswered: checkBoolean(republish.renewUnanswered, 'renewUnanswered', false),
    random
  }
}
