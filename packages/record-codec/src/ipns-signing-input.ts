import { checkBytes } from './fail.ts'

/**
 * The bytes that `signatureV2` is over: `ipns-signature:`, then the data.
 *
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function ipnsSigningInput(data: Uint8Array): Uint8Array {
  checkBytes(data, 'data')
  const input = new Uint8Array(15 + data.length)
  input.set(new TextEncoder().encode('ipns-signature:'))
  input.set(data, 15)
  return input
}
