import type { PeerId } from './keys.ts'
import type { VerifiedRecord } from './namespace.ts'
import type { ReplicationReceipt } from './routing.ts'
import type { AbortOptions } from './time.ts'
import type { Refusal } from './verdict.ts'

export interface NetworkGetOptions extends AbortOptions {
  /** valid answers from distinct peers that are enough; a `local` copy counts as one */
  readonly quorum?: number | undefined
  /** ms from the call on; then the best so far is the answer */
  readonly timeout?: number | undefined
  /** a valid copy that the caller already holds */
  readonly local?: VerifiedRecord | undefined
}

/** The best valid record that a read found, and how it was found. */
export interface NetworkRecord {
  readonly record: VerifiedRecord
  /** distinct peers that answered with a valid record, the local copy not counted */
  readonly valid: number
  /** whether the quorum was met */
  readonly quorum: boolean
  /** peers whose answer was this very value; empty when it is the local copy alone */
  readonly from: readonly PeerId[]
  /** what was refused, and whose it was */
  readonly refused: readonly { readonly from: PeerId; readonly refusal: Refusal }[]
}

export interface NetworkPutOptions extends AbortOptions {
  /** acknowledgements from distinct peers below which the put fails with `TOO_FEW_COPIES` */
  readonly copies?: number | undefined
  /** ms from the call on */
  readonly timeout?: number | undefined
}

/** Finds records among peers and copies them there. What it answers has been verified. */
export interface RecordNetwork {
  /** `undefined` is a miss: peers were asked and none had a valid record. Not being able to ask is an error. */
  get(key: Uint8Array, options?: NetworkGetOptions): Promise<NetworkRecord | undefined>
  put(key: Uint8Array, value: Uint8Array, options?: NetworkPutOptions): Promise<ReplicationReceipt>
}
