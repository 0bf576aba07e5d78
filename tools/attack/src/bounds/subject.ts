/** Something bounded, filled until it is full. */
export interface Subject {
  readonly id: string
  readonly title: string
  /** the option, and its default */
  readonly bound: string
  /** what happens when it is full */
  readonly whenFull: string
  /** maximum memory in MiB when it is full, which the command checks */
  readonly most: number
  /**
   * Fills it beyond its bound.
   *
   * @param scale - 1 for the default bound; stores on disk are filled to this share of it
   * @param folder - an empty folder on disk
   */
  fill(scale: number, folder: string): Promise<Filled>
}

export interface Filled {
  /** what it contains now, which must not exceed the bound */
  readonly count: number
  readonly limit: number
  /** the filled object: referenced until its memory is measured */
  readonly kept: unknown
  /** called after the memory is measured, before the folder is */
  readonly close?: (() => Promise<void>) | undefined
}

/** A number as bytes: distinct for distinct numbers. */
export function numbered(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(7)
  new DataView(bytes.buffer).setUint32(length - 4, number)
  return bytes
}

/** A peer ID with this number. */
export function peerOf(number: number): Uint8Array {
  const id = numbered(number, 38)
  id.set([0, 36, 8, 1, 18, 32])
  return id
}
