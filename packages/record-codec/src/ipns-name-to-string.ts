import type { PeerId } from '@recordkit/record-types'
import { base36 } from 'multiformats/bases/base36'
import { checkPeerId } from './peer-id.ts'

/** The name as CIDv1 of the codec libp2p-key in base36: `k51…`, `k2k4…`. @throws RecordError as `checkPeerId` */
export function ipnsNameToString(name: PeerId): string {
  checkPeerId(name)
  const cid = new Uint8Array(name.length + 2)
  cid[0] = 1
  cid[1] = 0x72
  cid.set(name, 2)
  return base36.encode(cid)
}
