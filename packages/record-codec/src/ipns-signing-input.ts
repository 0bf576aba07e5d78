import { concat } from './concat.ts'
import { checkBytes } from './fail.ts'

/**
 * The bytes that `signatureV2` is over: `ipns-signature:`, then the data.
 *
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function ipnsSigningInput(data: Uint8Array): Uint8Array {
  checkBytes(data, 'data')
  return concat(new TextEncoder().encode('ipns-signature:'), data)
}
