import type { Algorithm, MaybePromise, PublicKey, AlgorithmVerifyOptions } from '@recordkit/record-types'
import { algorithmMissing } from './algorithm-missing.ts'
import { checkBytes } from './arguments.ts'
import { ed25519 } from './ed25519.ts'

/** Which signatures can be verified, and when to give up. */
export interface VerifySignatureOptions extends AlgorithmVerifyOptions {
  /** `[ed25519]` when absent; others come from their own subpaths */
  readonly algorithms?: readonly Algorithm[] | undefined
}

/**
 * Whether `signature` is by `publicKey` over `message`, at once where the algorithm answers at once.
 *
 * @returns `false` for any bytes that are not; it does not throw for them
 * @throws RecordError `ALGORITHM_MISSING`, naming what to import, when no algorithm is of the key's type;
 * `INVALID_ARGUMENT`
 */
export function verifySignature(
  publicKey: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  options: VerifySignatureOptions = {}
): MaybePromise<boolean> {
  checkBytes(publicKey?.data, "the public key's data")
  const algorithm = (options.algorithms ?? [ed25519]).find(({ type }) => type === publicKey.type)
  if (algorithm === undefined) throw algorithmMissing(publicKey.type)
  return algorithm.verify(publicKey.data, message, signature, options)
}
