import { isDisputedSignature, normalizeSignature, verifySignature } from '@recordkit/record-crypto'
import type { NamespaceOptions, PublicKey, Refusal, ValidationContext } from '@recordkit/record-types'
import { verifyingOptions } from './options.ts'
import { ignore, reject } from './refusal.ts'

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
 * Verifies a signature. Returns `undefined` when it is valid, else a refusal. The sender is to blame only when every implementation
 * of libp2p refuses the signature.
 */
export async function checkSignature(
  { publicKey, input, signature: encoded, what }: SignatureToCheck,
  options: NamespaceOptions,
  context: ValidationContext
): Promise<Refusal | undefined> {
  const verifying = verifyingOptions(options, context)
  const signature = normalizeSignature(publicKey, encoded, options.algorithms)
  if (await verifySignature(publicKey, input, signature, verifying)) return undefined
  return (await isDisputedSignature(publicKey, input, signature, verifying))
    ? ignore('SIGNATURE_DISPUTED', `${what} does not verify here, but may verify with other implementations`)
    : reject('SIGNATURE_INVALID', `${what} does not verify`)
}
