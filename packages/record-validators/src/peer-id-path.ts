import { assertPeerId, parseIpnsName } from '@recordkit/record-codec'
import type { PeerId } from '@recordkit/record-types'

/**
 * The peer ID that is the path of a record key. Text may have any base that the peer-ids specification allows, and a slash at its end.
 *
 * @throws RecordError `IPNS_NAME_INVALID`; the codes of `assertPeerId`
 * @see libp2p peer-ids specification, "String representation"
 */
export function peerIdPath(path: string | Uint8Array): PeerId {
  return typeof path === 'string' ? parseIpnsName(path.replace(/\/$/, '')) : assertPeerId(path)
}
