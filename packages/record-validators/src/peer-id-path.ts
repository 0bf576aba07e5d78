import { assertPeerId, parseIpnsName } from '@recordkit/record-codec'
import { RecordError } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { printable } from '@recordkit/record-types/internal'

/**
 * The peer ID that is the path of a record key. Text may have any base that the peer-ids specification allows, and a slash at its end.
 *
 * @throws RecordError `IPNS_NAME_INVALID`; the codes of `assertPeerId`
 * @see libp2p peer-ids specification, "String representation"
 */
export function peerIdPath(path: string | Uint8Array): PeerId {
  if (typeof path !== 'string') return assertPeerId(path)
  const [name = '', rest = ''] = path.split(/\/(.*)/s)
  if (rest !== '')
    throw new RecordError(
      'IPNS_NAME_INVALID',
      `the path "${printable(rest)}" follows the name; omit it, or pass name and path to \`resolveIpns\`, which resolves both`
    )
  return parseIpnsName(name)
}
