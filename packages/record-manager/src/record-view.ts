import type { OpenedRecord, PeerId } from '@recordkit/record-types'

/** A verified record as an application sees it. */
export interface RecordView {
  readonly key: Uint8Array
  /** the application's own bytes */
  readonly value: Uint8Array
  /** the whole value as it is signed, stored and sent */
  readonly bytes: Uint8Array
  readonly author?: PeerId
  readonly signature?: Uint8Array
  readonly sequence?: bigint
  /** ns; when we received it */
  readonly timeReceived: bigint
  /** ns */
  readonly issued?: bigint
  /** ns */
  readonly expires?: bigint
  /** ns */
  readonly ttl?: bigint
  readonly revoked?: boolean
}

export function viewOf(opened: OpenedRecord, content: Uint8Array, timeReceived: bigint): RecordView {
  const { rank: _rank, payload: _payload, value, ...fields } = opened
  return { ...fields, value: content, bytes: value, timeReceived }
}
