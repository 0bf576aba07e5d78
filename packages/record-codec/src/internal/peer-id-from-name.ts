import type { PeerId } from '@recordkit/record-types'
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
  const expected = 'a peer ID or IPNS name, as text or as a Uint8Array, is expected'
  if (!(name instanceof Uint8Array)) failArgument(`${what} is ${name === null ? 'null' : typeof name}; ${expected}`)
  try {
    return assertPeerId(name)
  } catch {
    failArgument(`${what} is ${name.length} bytes that are not a peer ID; ${expected}`)
  }
}
