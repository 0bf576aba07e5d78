import { ed25519, isDisputedSignature, normalizeSignature, sha256, verifySignature } from '@recordkit/record-crypto'
import type {
  NamespaceOptions,
  PublicKey,
  Refusal,
  SignatureVerdict,
  ValidationContext,
  Verdict
} from '@recordkit/record-types'
import { verifyingOptions } from './options.ts'
import { ignore, reject } from './refusal.ts'
import { VerdictCache } from './verdict-cache.ts'

/** A signature, and what it must be a signature of. */
export interface Signature {
  readonly publicKey: PublicKey
  /** the bytes that were signed */
  readonly input: Uint8Array
  /** in any encoding: it is brought into its normal form */
  readonly signature: Uint8Array
  /** a hash of all that determines `input`: it then takes the place of a second hash of the same bytes. See {@link identityOfLarge} */
  readonly identity?: Uint8Array | undefined
}

export interface SignatureToCheck extends Signature {
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

/**
 * Whether a signature is valid, verified once as long as the verdict is cached. One that is not is cached as disputed: no sender is to
 * blame, so that it is not found out whether other implementations accept it.
 */
export async function isValidSignature(
  signature: Signature,
  options: NamespaceOptions,
  context: ValidationContext
): Promise<boolean> {
  const verdict = await verdictOn(signature, options, context, async () => 'disputed')
  return verdict === 'valid'
}

async function verdictOn(
  { publicKey, input, signature: encoded, identity }: Signature,
  options: NamespaceOptions,
  context: ValidationContext,
  onInvalid: typeof verdictOnInvalid = verdictOnInvalid
): Promise<SignatureVerdict> {
  const { verdicts } = context
  // a record of another key type could not be verified when it is read
  const isKnownType = options.algorithms?.some(({ type }) => type === publicKey.type) ?? publicKey.type === ed25519.type
  if (isKnownType && context.signatures?.has(publicKey, input, encoded) === true) {
    verdicts?.set(digestOf({ publicKey, input, signature: encoded, identity }), 'valid')
    return 'valid'
  }
  const normal = { publicKey, input, signature: normalizeSignature(publicKey, encoded, options.algorithms) }
  const digest = verdicts && digestOf({ ...normal, identity })
  const known = digest === undefined ? undefined : verdicts?.get(digest)
  if (known !== undefined) return known
  const valid = await verifySignature(publicKey, input, normal.signature, verifyingOptions(options, context))
  const verdict = valid ? 'valid' : await onInvalid(normal, options, context)
  // not cached: there may be time when the signature comes again
  if (verdict === undefined) return 'disputed'
  if (digest !== undefined) verdicts?.set(digest, verdict)
  return verdict
}

/** The verdict on a signature that does not verify; `undefined` when there is no time to find out. */
async function verdictOnInvalid(
  { publicKey, input, signature }: Signature,
  options: NamespaceOptions,
  context: ValidationContext
): Promise<SignatureVerdict | undefined> {
  // only for Ed25519 the check takes time
  if (publicKey.type === 'Ed25519' && context.checksDispute?.() === false) return undefined
  const disputed = await isDisputedSignature(publicKey, input, signature, verifyingOptions(options, context))
  return disputed ? 'disputed' : 'invalid'
}

/** bytes; hashing fewer of them twice costs less than another hash */
const maxHashedTwice = 512

/**
 * The identity of a record whose signed content is large; `undefined` for others. Such content is hashed once, for the cache of
 * verdicts and for the rank.
 *
 * @param size - of the content, in bytes
 * @param signed - the bytes whose hash is the identity
 */
export function identityOfLarge(size: number, signed: () => Uint8Array): Uint8Array | undefined {
  return size > maxHashedTwice ? sha256(signed()) : undefined
}

/** The verdict, with the identity that was computed for it. */
export function withIdentity(verdict: Verdict, identity: Uint8Array | undefined): Verdict {
  return verdict.status === 'accept' && identity !== undefined ? { ...verdict, identity } : verdict
}

/** What the cache knows a signature by. */
function digestOf({ publicKey: { type, data }, input, signature, identity }: Signature): string {
  const kind = new TextEncoder().encode(identity === undefined ? type : `${type} of identity`)
  return VerdictCache.digest(kind, data, identity ?? input, signature)
}
