import { base58btc } from 'multiformats/bases/base58'
import { isCid } from './cid.ts'
import { decodeMultibase } from './multibase.ts'

/**
 * The bytes of a CID in its text form: version 0, or version 1 in base16, base32, base36 or base58btc; `undefined` for other text.
 *
 * @see multiformats CID specification, "Human-readable form"
 */
export function decodeCidText(text: string): Uint8Array | undefined {
  try {
    const bytes = /^Qm.{44}$/.test(text) ? base58btc.baseDecode(text) : decodeMultibase(text)
    // a CID of version 0 has no multibase form
    return isCid(bytes) && (bytes[0] === 1 || text.startsWith('Qm')) ? bytes : undefined
  } catch {
    return undefined
  }
}
