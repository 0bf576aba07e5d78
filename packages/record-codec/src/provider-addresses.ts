import { limits } from '@recordkit/record-types'
import type { DecodeOptions } from './decode-options.ts'
import { throwRecordError, failArgument } from './throw-record-error.ts'
import { readFields, readRepeatedBytes } from './protobuf-reader.ts'
import { writeFields } from './protobuf-writer.ts'

/** Addresses that are read and written at the most. */
const addressLimit = 64

/**
 * Encodes the value of a signed provider record: where the provider is reached, as binary multiaddrs. Empty ones are
 * left out.
 *
 * @throws RecordError `INVALID_ARGUMENT` for anything else, more than 64 of them or more than 8 KiB
 */
export function encodeProviderAddresses(addresses: readonly Uint8Array[]): Uint8Array {
  if (!Array.isArray(addresses) || addresses.length > addressLimit) {
    failArgument(`addresses must be an array of at most ${addressLimit}`)
  }
  const written = (addresses as readonly Uint8Array[]).filter((address) => address?.length !== 0)
  const bytes = writeFields(written.flatMap((address) => [10, address ?? failArgument('an address is no Uint8Array')]))
  if (bytes.length > limits.peerRecord) failArgument(`addresses must be at most ${limits.peerRecord} bytes`)
  return bytes
}

/**
 * Reads the value of a signed provider record, at most `options.limit` (8 KiB) bytes; the addresses are views on it.
 * Empty ones are passed over.
 *
 * @throws RecordError `PEER_RECORD_INVALID` for more than 64 addresses; `TOO_LARGE`, `PROTOBUF_…`
 */
export function decodeProviderAddresses(bytes: Uint8Array, options?: DecodeOptions): readonly Uint8Array[] {
  const fields = readFields(bytes, options?.limit ?? limits.peerRecord, 'provider addresses', [10], true)
  const addresses = readRepeatedBytes(fields, 0).filter((address) => address.length > 0)
  if (addresses.length > addressLimit) {
    throwRecordError(
      'PEER_RECORD_INVALID',
      `a provider has ${addresses.length} addresses; at most ${addressLimit} are read`
    )
  }
  return addresses
}
