import { base16 } from 'multiformats/bases/base16'
import { base32 } from 'multiformats/bases/base32'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'

/**
 * Decodes text in base16, base32, base36 or base58btc, by its multibase prefix.
 *
 * @throws Error for another prefix or letters outside of the base
 */
export function decodeMultibase(text: string): Uint8Array {
  // base16, base32 and base36 have upper-case prefixes for their upper-case alphabets
  const lower = /^[BFK][0-9A-Z]*$/.test(text) ? text.toLowerCase() : text
  if (lower.startsWith('k')) return base36.decode(lower)
  if (lower.startsWith('b')) return base32.decode(lower)
  if (lower.startsWith('z')) return base58btc.decode(lower)
  return base16.decode(lower)
}
