import { checkBytes } from './throw-record-error.ts'

const prefix = 'ipns-signature:'

/**
 * Returns the bytes that `signatureV2` signs: `ipns-signature:`, then the data.
 *
 * @throws RecordError `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const signatureV2 = await signer.sign(ipnsSigningInput(data))
 * ```
 */
export function ipnsSigningInput(data: Uint8Array): Uint8Array<ArrayBuffer> {
  checkBytes(data, 'data')
  const input = new Uint8Array(prefix.length + data.length)
  // the prefix is ASCII; a TextEncoder takes ten times as long
  for (let index = 0; index < prefix.length; index++) input[index] = prefix.charCodeAt(index)
  input.set(data, prefix.length)
  return input
}
