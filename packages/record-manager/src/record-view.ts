import type { PeerId, VerifiedRecord } from '@recordkit/record-types'

/** A verified record as an application sees it. */
export interface RecordView {
  readonly key: Uint8Array
  /** the bytes that the application stored */
  readonly content: Uint8Array
  /** the bytes that are signed, stored and sent */
  readonly value: Uint8Array
  readonly author?: PeerId | undefined
  readonly signature?: Uint8Array | undefined
  readonly sequence?: bigint | undefined
  /** ns; when this node received it */
  readonly timeReceived: bigint
  /** ns */
  readonly issued?: bigint | undefined
  /** ns */
  readonly expires?: bigint | undefined
  /** ns */
  readonly ttl?: bigint | undefined
  readonly revoked?: boolean | undefined
}

export function viewOf(record: VerifiedRecord, content: Uint8Array, timeReceived: bigint): RecordView {
  const { status: _status, until: _until, order: _order, signed: _signed, fields: _fields, ...view } = record
  return { ...view, content, timeReceived }
}
