/** A link to content: the binary CID, without the zero byte that CBOR puts before it. */
export interface CborLink {
  readonly cid: Uint8Array
}

/** A value of the DAG-CBOR data model. Integers are bigints and floats are numbers, so that none turns into the other. */
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
