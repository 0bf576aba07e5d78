import { isCid } from './cid.ts'
import { decodeBase58, decodeMultibase } from './multibase.ts'

/**
 * The bytes of a CID in its text form: version 0, or version 1 in base16, base32, base36 or base58btc; `undefined` for other text.
 *
 * @see multiformats CID specification, "Human-readable form"
 */
export function decodeCidText(text: string): Uint8Array | undefined {
  if (text.startsWith('Qm')) {
    const bytes = text.length === 46 ? decodeBase58(text) : undefined
    return bytes !== undefined && isCid(bytes) ? bytes : undefined
  }
  const bytes = decodeMultibase(text)
  // a CID of version 0 has no multibase form
  return bytes?.[0] === 1 && isCid(bytes) ? bytes : undefined
}
