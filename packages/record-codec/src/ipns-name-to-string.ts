import type { PeerId } from '@recordkit/record-types'
import { assertPeerId } from './peer-id.ts'

/** The name as CIDv1 of the codec libp2p-key in base36: `k51…`, `k2k4…`. @throws RecordError as `checkPeerId` */
export function ipnsNameToString(name: PeerId): string {
  assertPeerId(name)
  // version 1 and the codec, which is no zero that base36 would have to write; by the platform, which a page has already
  let cid = '0x0172'
  for (const byte of name) cid += byte.toString(16).padStart(2, '0')
  return 'k' + BigInt(cid).toString(36)
}
