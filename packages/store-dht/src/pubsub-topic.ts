import { toBase64Url } from '@recordkit/record-types/internal'
import type { ForwardLimit } from './pubsub-forward-limit.ts'

/**
 * The PubSub topic of a key: `/record/` and the key in base64url without padding, as other implementations name it.
 *
 * @example
 * ```ts
 * topicFromKey(ipnsRoutingKey(peerId)) // '/record/L2lwbnMv…'
 * ```
 */
export function topicFromKey(key: Uint8Array): string {
  return `/record/${toBase64Url(key)}`
}

/** The topic of a key that this node watches or publishes. */
export interface Topic {
  readonly key: Uint8Array
  readonly name: string
  readonly forwarding: ForwardLimit
  /** number of subscriptions */
  watchers: number
  isPublished: boolean
  isJoined: boolean
  /** ns; when the record is published again, unless another peer publishes it before */
  due: bigint
}
