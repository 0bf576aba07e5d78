import { checkAlgorithms } from '@recordkit/record-types/internal'
import type { Algorithm, MaybePromise, PublicKey, AlgorithmVerifyOptions } from '@recordkit/record-types'
import { algorithmMissing } from './algorithm-missing.ts'
import { checkBytes } from '@recordkit/record-codec/internal'
import { ed25519 } from './ed25519.ts'

/** Options for verifying signatures. */
export interface VerifySignatureOptions extends AlgorithmVerifyOptions {
  /**
   * algorithms of the key types to accept; those other than `ed25519` are exported by the subpaths.
   *
   * @default [ed25519]
   */
  readonly algorithms?: readonly Algorithm[] | undefined
}

/**
 * Whether `signature` is a signature of `message` by `publicKey`. Synchronous when the algorithm is.
 *
 * @returns `false` for any other bytes, without throwing
 * @throws RecordError `ALGORITHM_MISSING`, naming the export to add, for a key type that is not among `algorithms`;
 * `INVALID_ARGUMENT`
 * @example
 * ```ts
 * const valid = await verifySignature(publicKey, message, signature, { algorithms: [ed25519, rsa] })
 * ```
 */
export function verifySignature(
  publicKey: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  options: VerifySignatureOptions = {}
): MaybePromise<boolean> {
  return algorithmFor(publicKey, options).verify(publicKey.data, message, signature, options)
}

/**
 * Whether another implementation of libp2p may accept a signature that {@link verifySignature} refuses: an Ed25519 signature with
 * points that implementations treat differently, and every signature whose algorithm cannot tell.
 *
 * @throws RecordError `ALGORITHM_MISSING`, `INVALID_ARGUMENT`
 * @example
 * ```ts
 * if (!valid && !(await isDisputedSignature(publicKey, message, signature))) console.log('forged')
 * ```
 */
export function isDisputedSignature(
  publicKey: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  options: VerifySignatureOptions = {}
): MaybePromise<boolean> {
  return algorithmFor(publicKey, options).isDisputed?.(publicKey.data, message, signature) ?? true
}

function algorithmFor(publicKey: PublicKey, options: VerifySignatureOptions): Algorithm {
  checkBytes(publicKey?.data, 'the data of the public key')
  checkAlgorithms(options.algorithms)
  const algorithm = (options.algorithms ?? [ed25519]).find(({ type }) => type === publicKey.type)
  if (algorithm === undefined) throw algorithmMissing(publicKey.type)
  return algorithm
}

/**
 * Returns the encoding of a signature that is stored and forwarded: for ECDSA and Secp256k1, strict DER with the lower s. Verify
 * the result. Bytes that are not a signature, and signatures of other algorithms, are returned unchanged.
 *
 * @param algorithms - as in {@link VerifySignatureOptions}
 * @example
 * ```ts
 * const signature = normalizeSignature(publicKey, received, [ed25519, ecdsa])
 * const valid = await verifySignature(publicKey, message, signature, { algorithms: [ed25519, ecdsa] })
 * ```
 */
export function normalizeSignature(
  { type, data }: PublicKey,
  signature: Uint8Array,
  algorithms: readonly Algorithm[] = []
): Uint8Array {
  return algorithms.find((algorithm) => algorithm.type === type)?.normalize?.(data, signature) ?? signature
}
