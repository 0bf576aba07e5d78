/** What the bytes of a range are for. `unknown`: a field that the format does not have; `damaged`: bytes that cannot be read. */
export type RangeRole =
  | 'content'
  | 'time'
  | 'order'
  | 'signature'
  | 'key'
  | 'address'
  | 'type'
  | 'container'
  | 'unknown'
  | 'damaged'

/** A field, and the bytes that it takes. */
export interface ByteRange {
  /** as the specification names the field, such as `signatureV2` */
  readonly name: string
  /** the names of the fields that contain it and its own, such as `data.Sequence`; of a repeated field with its number, `closerPeers#2` */
  readonly path: string
  readonly role: RangeRole
  /** of the first byte, which belongs to the number, name or length of the field */
  readonly start: number
  /** of the first byte of its content */
  readonly contentStart: number
  /** after the last byte */
  readonly end: number
  /** its content for people; not escaped */
  readonly text: string
  /** ns since the Unix epoch, of a field that is a time */
  readonly time?: bigint | undefined
  /** the fields inside it */
  readonly ranges: readonly ByteRange[]
}

/** The bytes that a signature covers. */
export interface SignatureCoverage {
  /** the path of the signature */
  readonly signature: string
  /** what is signed before the bytes, and is not in them: the domain of an envelope, the prefix of IPNS */
  readonly prefix: string
  readonly covers: readonly { readonly start: number; readonly end: number }[]
}

/** The fields of some bytes. */
export interface ByteLayout {
  /** in the order of their bytes; together they contain every byte */
  readonly ranges: readonly ByteRange[]
  readonly coverage: readonly SignatureCoverage[]
}

/** Bytes that are being explained. */
export interface LayoutWalk {
  readonly bytes: Uint8Array
  readonly coverage: SignatureCoverage[]
  /** ranges that may still be made: what follows is one range */
  left: number
}

/** A part of the bytes. */
export interface Span {
  readonly start: number
  readonly end: number
  /** the path of the field whose content it is; `''` for all bytes */
  readonly path: string
}

/** The path of a field inside another. */
export function pathIn({ path }: Span, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** A range of bytes that cannot be read. */
export function damaged(parent: Span, start: number, text: string): ByteRange {
  const name = 'damaged'
  const path = pathIn(parent, name)
  return { name, path, role: 'damaged', start, contentStart: start, end: parent.end, text, ranges: [] }
}
