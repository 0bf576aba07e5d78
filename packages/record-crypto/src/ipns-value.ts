import type { IpnsValue } from '@recordkit/record-codec'
import { decodeCidText } from '@recordkit/record-codec/internal'
import { copyBytes, RecordError } from '@recordkit/record-types'
import { isBytes, nameOf, printable } from '@recordkit/record-types/internal'

/** the second byte of a CID of version 1 that is a name */
const libp2pKeyCodec = 0x72

/**
 * The bytes of a value: a path, or a CID as text, which becomes a path, or as an object. Smaller in a bundle than `encodeIpnsValue`,
 * which also reads peer IDs, and writes each CID in one base.
 *
 * @returns bytes of their own, which are checked when they are encoded
 * @throws RecordError `IPNS_VALUE_INVALID` for other text; `INVALID_ARGUMENT`
 */
export function ipnsValueBytes(value: IpnsValue): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(/^(\/|$)/.test(value) ? value : pathOf(value))
  const bytes = isBytes(value) ? value : (value as { readonly bytes?: unknown } | null | undefined)?.bytes
  if (isBytes(bytes)) return copyBytes(bytes)
  throw new RecordError('INVALID_ARGUMENT', `value is ${nameOf(value)}; a path, a CID or bytes are expected`)
}

function pathOf(text: string): string {
  const cid = decodeCidText(text)
  if (cid === undefined)
    throw new RecordError(
      'IPNS_VALUE_INVALID',
      `IPNS value is "${printable(text)}"; a path such as /ipfs/bafy… or a CID is expected`
    )
  return `/${cid[0] === 1 && cid[1] === libp2pKeyCodec ? 'ipns' : 'ipfs'}/${text}`
}
