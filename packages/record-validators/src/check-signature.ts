import { isDisputedSignature, normalizeSignature, verifySignature } from '@recordkit/record-crypto'
import type { NamespaceOptions, PublicKey, Refusal, SignatureVerdict, ValidationContext } from '@recordkit/record-types'
import { verifyingOptions } from './options.ts'
import { ignore, reject } from './refusal.ts'
import { VerdictCache } from './verdict-cache.ts'

/** A signature, and what it must be a signature of. */
export interface SignatureToCheck {
  readonly publicKey: PublicKey
  /** the bytes that were signed */
  readonly input: Uint8Array
  /** in any encoding: it is brought into its normal form */
  readonly signature: Uint8Array
  /** how the message of a refusal names the signature and its key */
  readonly what: string
}

/**
 * Verifies a signature, once as long as the verdict is cached. Returns `undefined` when it is valid, else a refusal. The sender is
 * to blame only when every implementation of libp2p refuses the signature.
 */
export async function checkSignature(
  signature: SignatureToCheck,
  options: NamespaceOptions,
  context: ValidationContext
): Promise<Refusal | undefined> {
  const verdict = await verdictOn(signature, options, context)
  if (verdict === 'valid') return undefined
  return verdict === 'disputed'
    ? ignore('SIGNATURE_DISPUTED', `${signature.what} does not verify here, but may verify with other implementations`)
    : reject('SIGNATURE_INVALID', `${signature.what} does not verify`)
}

async function verdictOn(
  { publicKey, input, signature: encoded }: SignatureToCheck,
  options: NamespaceOptions,
  context: ValidationContext
): Promise<SignatureVerdict> {
  const { verdicts } = context
  const signature = normalizeSignature(publicKey, encoded, options.algorithms)
  const digest = verdicts && VerdictCache.digest(encodeType(publicKey.type), publicKey.data, input, signature)
  const known = digest === undefined ? undefined : verdicts?.get(digest)
  if (known !== undefined) return known
  const verifying = verifyingOptions(options, context)
  const valid = await verifySignature(publicKey, input, signature, verifying)
  // only for Ed25519 the check takes time. Not cached: there may be time when the signature comes again
  if (!valid && publicKey.type === 'Ed25519' && context.checksDispute?.() === false) return 'disputed'
  const verdict = valid
    ? 'valid'
    : (await isDisputedSignature(publicKey, input, signature, verifying))
      ? 'disputed'
      : 'invalid'
  if (digest !== undefined) verdicts?.set(digest, verdict)
  return verdict
}

function encodeType(type: string): Uint8Array {
  return new TextEncoder().encode(type)
}
