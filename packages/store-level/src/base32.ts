import { decodeMultibase, encodeBase32 as encodeLowerCase } from '@recordkit/record-codec/internal'

/** Encodes bytes as base32 as in the datastore keys of Go: RFC 4648, upper case, without padding. */
export function encodeBase32(bytes: Uint8Array): string {
  return encodeLowerCase(bytes).toUpperCase()
}

/** Decodes the output of {@link encodeBase32}; `undefined` for every other text. */
export function decodeBase32(text: string): Uint8Array | undefined {
  // with the prefix of base32 in upper case
  return decodeMultibase(`B${text}`)
}
