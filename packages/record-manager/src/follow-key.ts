import { isRecordError } from '@recordkit/record-types'
import type { PubsubSubscription, RecordPubsub, SetTimer } from '@recordkit/record-types'
import { startInterval } from './interval.ts'

/** How a key is followed among peers. */
export interface FollowOptions {
  /** ms between two look-ups; without it there are none */
  readonly pollInterval: number | undefined
  readonly lookUp: () => Promise<unknown>
  readonly setTimer: SetTimer
}

/**
 * While another peer is subscribed to the topic of a key, one of so many look-ups is made: a peer that subscribes and forwards nothing
 * must not end them.
 */
const lookUpEvery = 10

/**
 * Follows a key among peers: subscribes to its topic, where there is PubSub, and looks it up at an interval, also after a failed
 * look-up. The records that are found are stored, and so reach the watchers.
 *
 * @returns a function that ends it
 * @throws RecordError `QUOTA`, `ROUTING_FAILED` when it cannot subscribe and there is no interval
 */
export function followKey(
  key: Uint8Array,
  pubsub: RecordPubsub | undefined,
  { pollInterval, lookUp, setTimer }: FollowOptions
): () => void {
  let subscription: PubsubSubscription | undefined
  try {
    subscription = pubsub?.subscribe(key)
  } catch (error) {
    if (pollInterval === undefined || !isRecordError(error)) throw error
  }
  let turn = 0
  const poll = async (): Promise<void> => {
    turn = (turn + 1) % lookUpEvery
    if (turn === 0 || subscription?.isShared !== true) await lookUp()
  }
  const stopPolling = pollInterval === undefined ? undefined : startInterval(poll, pollInterval, setTimer)
  return () => {
    stopPolling?.()
    subscription?.end()
  }
}
