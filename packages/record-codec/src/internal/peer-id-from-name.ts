import type { PeerId } from '@recordkit/record-types'
import { isBytes, nameOf } from '@recordkit/record-types/internal'
import { parseIpnsName } from '../ipns-name.ts'
import { assertPeerId } from '../peer-id.ts'
import { failArgument } from '../throw-record-error.ts'

/**
 * Returns the peer ID that an application passed as text or as bytes.
 *
 * @param what - names the argument in the message
 * @throws RecordError `IPNS_NAME_INVALID` for text that is not a name; `INVALID_ARGUMENT` for anything else that is not a peer ID
 */
export function peerIdFromName(name: unknown, what: string): PeerId {
  if (typeof name === 'string') return parseIpnsName(name)
  try {
    return assertPeerId(name as PeerId)
  } catch {
    const shown = isBytes(name) ? name.length + ' bytes' : nameOf(name)
    return failArgument(`${what} is ${shown}; a peer ID or IPNS name is expected`)
  }
}
