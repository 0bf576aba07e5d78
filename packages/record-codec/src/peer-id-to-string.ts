import type { PeerId } from '@recordkit/record-types'
import { base58btc } from 'multiformats/bases/base58'
import { assertPeerId } from './peer-id.ts'

/** The multihash in base58btc: `12D3KooW…`, `Qm…`. @throws RecordError as `checkPeerId` */
export function peerIdToString(peerId: PeerId): string {
  return base58btc.baseEncode(assertPeerId(peerId))
}
