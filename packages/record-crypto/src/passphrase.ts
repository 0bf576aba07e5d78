import { RecordError } from '@recordkit/record-types'
import { isBytes, nameOf } from '@recordkit/record-types/internal'

/** Encrypts a private key: text, which is encoded as UTF-8 without normalization, or bytes. */
export type Passphrase = string | Uint8Array

/** The bytes of a passphrase. @throws RecordError `INVALID_ARGUMENT` for an empty one and anything else */
export function passphraseBytes(passphrase: Passphrase): Uint8Array<ArrayBuffer> {
  if (typeof passphrase !== 'string' && !isBytes(passphrase))
    throw invalid(`passphrase is ${nameOf(passphrase)}; text or a Uint8Array is expected`)
  if (passphrase.length === 0) throw invalid('passphrase is empty; omit it for a key that is not encrypted')
  return typeof passphrase === 'string' ? new TextEncoder().encode(passphrase) : new Uint8Array(passphrase)
}

function invalid(message: string): RecordError<'INVALID_ARGUMENT'> {
  return new RecordError('INVALID_ARGUMENT', message)
}
