import { checkBytes } from './throw-record-error.ts'

const prefix = 'ipns-signature:'

/**
 * The bytes that `signatureV2` is over: `ipns-signature:`, then the data.
 *
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function ipnsSigningInput(data: Uint8Array): Uint8Array {
  checkBytes(data, 'data')
  const input = new Uint8Array(prefix.length + data.length)
  // ASCII; an encoder of text would take ten times as long
  for (let index = 0; index < prefix.length; index++) input[index] = prefix.charCodeAt(index)
  input.set(data, prefix.length)
  return input
}
