import type { PeerId } from '@recordkit/record-types'
import { concat } from './internal/concat.ts'
import { checkBytes, throwRecordError } from './throw-record-error.ts'
import { beginsWith, assertPeerId } from './peer-id.ts'

/** `/ipns/` */
const prefix: readonly number[] = [0x2f, 0x69, 0x70, 0x6e, 0x73, 0x2f]

/**
 * Returns the record key of an IPNS name: `/ipns/`, then the binary multihash.
 *
 * @throws RecordError the codes of `assertPeerId`
 * @example
 * ```ts
 * const value = await dht.get(ipnsRoutingKey(name))
 * ```
 */
export function ipnsRoutingKey(name: PeerId): Uint8Array<ArrayBuffer> {
  return concat(prefix, assertPeerId(name))
}

/**
 * Returns the IPNS name in a record key, as a view of it.
 *
 * @throws RecordError `RECORD_KEY_INVALID` when the key does not begin with `/ipns/`; the codes of `assertPeerId`
 * @example
 * ```ts
 * console.log(ipnsNameToString(ipnsNameFromKey(record.key)))
 * ```
 */
export function ipnsNameFromKey(key: Uint8Array): PeerId {
  checkBytes(key, 'record key')
  if (!beginsWith(key, prefix)) throwRecordError('RECORD_KEY_INVALID', 'record key is not /ipns/ and a name')
  return assertPeerId(key.subarray(prefix.length))
}
