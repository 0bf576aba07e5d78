import type { PeerId } from '@recordkit/record-types'
import { checkBytes, throwRecordError } from './throw-record-error.ts'
import { beginsWith, assertPeerId } from './peer-id.ts'

/** `/ipns/` */
const prefix: readonly number[] = [0x2f, 0x69, 0x70, 0x6e, 0x73, 0x2f]

/** The record key of a name: `/ipns/`, then the binary multihash. @throws RecordError as `checkPeerId` */
export function ipnsRoutingKey(name: PeerId): Uint8Array {
  assertPeerId(name)
  const key = new Uint8Array(prefix.length + name.length)
  key.set(prefix)
  key.set(name, prefix.length)
  return key
}

/**
 * The name of a record key, as a view on it.
 *
 * @throws RecordError `RECORD_KEY_INVALID` when it does not begin with `/ipns/`; as `checkPeerId` for what follows
 */
export function ipnsNameFromKey(key: Uint8Array): PeerId {
  checkBytes(key, 'record key')
  if (!beginsWith(key, prefix)) throwRecordError('RECORD_KEY_INVALID', 'record key is not /ipns/ and a name')
  return assertPeerId(key.subarray(prefix.length))
}
