import type { PeerId, UnverifiedRecord, VerifiedRecord } from '@recordkit/record-types'

/** A verified record as an application sees it. */
export interface RecordView {
  readonly key: Uint8Array
  /** the bytes that the application stored */
  readonly content: Uint8Array<ArrayBuffer>
  /** the content as the schema of the namespace returned it; see `manager.namespace` */
  readonly parsedContent?: unknown
  /** the signed bytes that are stored and sent */
  readonly value: Uint8Array<ArrayBuffer>
  readonly author?: PeerId | undefined
  readonly signature?: Uint8Array | undefined
  readonly sequence?: bigint | undefined
  /** ns; when this node received the record */
  readonly timeReceived: bigint
  /** ns; when the author made the record */
  readonly issued?: bigint | undefined
  /** ns; the last instant at which the record is valid */
  readonly expires?: bigint | undefined
  /** ns for which readers may cache the record */
  readonly ttl?: bigint | undefined
  /** whether the record revokes its key */
  readonly revoked?: boolean | undefined
}

export function viewOf(record: UnverifiedRecord, content: Uint8Array, timeReceived: bigint): RecordView {
  const {
    status: _status,
    until: _until,
    order: _order,
    signed: _signed,
    fields: _fields,
    identity: _identity,
    ...view
  } = record as VerifiedRecord
  // bytes of a caller are copied before they are verified, and stores return copies: none is in shared memory
  return {
    ...view,
    content: content as Uint8Array<ArrayBuffer>,
    value: record.value as Uint8Array<ArrayBuffer>,
    timeReceived
  }
}
