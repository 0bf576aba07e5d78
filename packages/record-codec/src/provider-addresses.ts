import { isBytes } from '@recordkit/record-types/internal'
import { limits } from '@recordkit/record-types'
import { limitOf } from './decode-options.ts'
import type { DecodeOptions } from './decode-options.ts'
import { failArgument, failType, throwRecordError } from './throw-record-error.ts'
import { readFields, readRepeatedBytes } from './protobuf-reader.ts'
import { writeFields } from './protobuf-writer.ts'

/** Maximum number of addresses. */
const addressLimit = 64

/**
 * Encodes the content of a signed provider record: the addresses of the provider. Empty addresses are omitted.
 *
 * @param addresses - binary multiaddrs
 * @throws RecordError `INVALID_ARGUMENT` for anything else, more than 64 addresses and more than 8 KiB
 * @example
 * ```ts
 * const content = encodeProviderAddresses([multiaddr('/ip4/127.0.0.1/tcp/4001').bytes])
 * ```
 */
export function encodeProviderAddresses(addresses: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  if (!Array.isArray(addresses)) failType(addresses, 'addresses', 'an array')
  if (addresses.length > addressLimit)
    failArgument(`there are ${addresses.length} addresses; the limit is ${addressLimit}`)
  const written = (addresses as readonly Uint8Array[]).filter((address) => address?.length !== 0)
  const bytes = writeFields(
    written.flatMap((address) => [
      10,
      isBytes(address) ? address : failType(address, 'address', 'the Uint8Array of a multiaddr')
    ])
  )
  if (bytes.length > limits.peerRecord) {
    failArgument(`addresses are ${bytes.length} bytes; the limit is ${limits.peerRecord}`)
  }
  return bytes
}

/**
 * Decodes the content of a signed provider record. The addresses are views of `bytes`. Empty addresses are skipped.
 *
 * @param bytes - protobuf `ProviderAddresses`, at most `options.limit` (8 KiB)
 * @throws RecordError `PEER_RECORD_INVALID` for more than 64 addresses; `TOO_LARGE`, `PROTOBUF_…`
 * @example
 * ```ts
 * const addresses = decodeProviderAddresses(record.content)
 * ```
 */
export function decodeProviderAddresses(bytes: Uint8Array, options?: DecodeOptions): readonly Uint8Array[] {
  const fields = readFields(bytes, limitOf(options, limits.peerRecord), 'provider addresses', [10], true)
  const addresses = readRepeatedBytes(fields, 0).filter((address) => address.length > 0)
  if (addresses.length > addressLimit) {
    throwRecordError(
      'PEER_RECORD_INVALID',
      `provider record has ${addresses.length} addresses; the limit is ${addressLimit}`
    )
  }
  return addresses
}
