import { RecordError } from '@recordkit/record-types'
import { isBytes, nameOf } from '@recordkit/record-types/internal'
import type { Signer } from '@recordkit/record-types'
import type { SealOptions } from './opened.ts'

/** The signer of the options. @throws RecordError `INVALID_ARGUMENT` when there is none, or it cannot sign */
export function signerOf(options: Partial<SealOptions> | undefined): Signer {
  const signer = options?.signer
  if (typeof signer?.sign !== 'function' || typeof signer.publicKey !== 'object') {
    throw new RecordError(
      'INVALID_ARGUMENT',
      `signer is ${nameOf(signer)}; an object with publicKey and sign, such as a key pair of generateKeyPair(), is expected`
    )
  }
  if (!isBytes(signer.publicKey?.data))
    throw new RecordError(
      'INVALID_ARGUMENT',
      'signer has no publicKey.data; a key pair is expected: `importPrivateKey` makes one of the private key of another library'
    )
  return signer
}
