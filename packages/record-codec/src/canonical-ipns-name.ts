import type { PeerId } from '@recordkit/record-types'
import { base36 } from 'multiformats/bases/base36'
import { fail, failArgument } from './fail.ts'
import { checkPeerId } from './peer-id.ts'

/** A prefix, and 46 bytes in base36. */
const textLimit = 73

/** The name as CIDv1 of the codec libp2p-key in base36: `k51…`, `k2k4…`. @throws RecordError as `checkPeerId` */
export function ipnsNameToString(name: PeerId): string {
  checkPeerId(name)
  const cid = new Uint8Array(name.length + 2)
  cid[0] = 1
  cid[1] = 0x72
  cid.set(name, 2)
  return base36.encode(cid)
}

/**
 * Reads a name in the one spelling that {@link ipnsNameToString} gives it, for where a name must not have two.
 *
 * @throws RecordError `IPNS_NAME_INVALID` for any other text
 */
export function parseCanonicalIpnsName(text: string): PeerId {
  if (typeof text !== 'string') failArgument('text must be a string')
  try {
    const name = text.length > textLimit ? undefined : base36.decode(text).subarray(2)
    if (name !== undefined && ipnsNameToString(name) === text) return name
  } catch {
    // it is no base36, or no peer ID
  }
  return fail('IPNS_NAME_INVALID', 'IPNS name is not in base36, such as k51… or k2k4…')
}
