/** A link to content: a binary CID, without the zero byte that precedes it in CBOR. */
export interface CborLink {
  readonly cid: Uint8Array
}

/**
 * A value of the DAG-CBOR data model. Integers are bigints and floats are numbers, so that neither becomes the other.
 */
export type CborValue =
  | bigint
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | CborLink
  | readonly CborValue[]
  | ReadonlyMap<string, CborValue>
