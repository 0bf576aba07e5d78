import { ipnsNameToString } from '@recordkit/record-codec'
import { copyBytes, equalBytes, RecordError } from '@recordkit/record-types'
import type { PeerId, Signer } from '@recordkit/record-types'
import { checkBytes, checkOptions, isBytes, mapKey, nameOf } from '@recordkit/record-types/internal'

/** A signer and the peer ID of its key: the author of the records that it signs. */
export interface KeyChainEntry {
  readonly peerId: PeerId
  readonly signer: Signer
}

/**
 * The signers of a manager, by their peer IDs. A change takes effect with the next put or renewal.
 *
 * @example
 * ```ts
 * const peerId = manager.signers.add(await loadSigner('./blog.key', { passphrase }))
 * await manager.put(ipnsRoutingKey(peerId), content)
 * ```
 */
export class KeyChain {
  readonly #authorOf: (signer: Signer) => PeerId
  readonly #entries = new Map<string, KeyChainEntry>()
  #default: KeyChainEntry | undefined

  /**
   * @param authorOf - returns the peer ID of a signer
   * @param signer - the default signer
   * @param signers - further signers
   * @throws RecordError `INVALID_ARGUMENT` for an object that cannot sign
   */
  constructor(authorOf: (signer: Signer) => PeerId, signer?: Signer, signers: readonly Signer[] = []) {
    this.#authorOf = authorOf
    if (!Array.isArray(signers)) throw invalid(`signers is ${nameOf(signers)}; an array of signers is expected`)
    if (signer !== undefined) this.add(signer, { isDefault: true })
    for (const other of signers as readonly Signer[]) this.add(other)
  }

  /** Signs records under keys that do not name their owner. */
  get default(): Signer | undefined {
    return this.#default?.signer
  }

  /**
   * Adds a signer. One with the same peer ID is replaced.
   *
   * @param options - `isDefault`: whether it becomes the default signer. @default false
   * @returns its peer ID
   * @throws RecordError `INVALID_ARGUMENT` for an object that cannot sign
   */
  add(signer: Signer, options: { readonly isDefault?: boolean | undefined } = {}): PeerId {
    checkOptions(options, { isDefault: 0 })
    const { isDefault = false } = options
    const entry = this.#entryOf(signer)
    const key = mapKey(entry.peerId)
    const before = this.#entries.get(key)
    if (isDefault || (before !== undefined && before === this.#default)) this.#default = entry
    this.#entries.set(key, entry)
    return copyBytes(entry.peerId)
  }

  /**
   * Removes a signer, also as the default one. What it published is republished unchanged from then on, until it expires.
   *
   * @returns whether there was one
   * @throws RecordError `INVALID_ARGUMENT` for anything else than the bytes of a peer ID
   */
  remove(peerId: PeerId): boolean {
    checkBytes(peerId, 'peer ID', 0, Number.POSITIVE_INFINITY)
    const key = mapKey(peerId)
    if (this.#entries.get(key) === this.#default) this.#default = undefined
    return this.#entries.delete(key)
  }

  /** The signer with a peer ID. @throws RecordError `INVALID_ARGUMENT` for anything else than bytes */
  get(peerId: PeerId): Signer | undefined {
    checkBytes(peerId, 'peer ID', 0, Number.POSITIVE_INFINITY)
    return this.#entries.get(mapKey(peerId))?.signer
  }

  /** Every signer, in the order in which they were added. */
  list(): KeyChainEntry[] {
    return [...this.#entries.values()].map(({ peerId, signer }) => ({ peerId: copyBytes(peerId), signer }))
  }

  /**
   * The signer of a new record: the given one, else that of the owner whom the key names, else the default.
   *
   * @param given - a signer, also one that was not added, or the peer ID of one that was
   * @param owner - the only author whom the key allows
   * @throws RecordError `SIGNER_MISSING`; `AUTHOR_FORBIDDEN` when the signer is not the owner; `INVALID_ARGUMENT`
   */
  choose(key: Uint8Array, given: Signer | PeerId | undefined, owner: PeerId | undefined): KeyChainEntry {
    const entry = this.#find(given, owner)
    if (entry === undefined) {
      const wanted = isBytes(given) ? given : owner
      throw new RecordError(
        'SIGNER_MISSING',
        wanted === undefined
          ? 'this manager has no default signer; pass the option `signer` to the manager or to the put'
          : `this manager has no signer for ${ipnsNameToString(wanted)}; add it with \`manager.signers.add\``,
        { key }
      )
    }
    if (owner === undefined || equalBytes(entry.peerId, owner)) return entry
    throw new RecordError(
      'AUTHOR_FORBIDDEN',
      `the key belongs to ${ipnsNameToString(owner)}; the signer is ${ipnsNameToString(entry.peerId)}`,
      { key }
    )
  }

  #find(given: Signer | PeerId | undefined, owner: PeerId | undefined): KeyChainEntry | undefined {
    if (isBytes(given)) return this.#entries.get(mapKey(given))
    if (given !== undefined) return this.#entryOf(given)
    return (owner && this.#entries.get(mapKey(owner))) ?? this.#default
  }

  #entryOf(signer: Signer): KeyChainEntry {
    checkSigner(signer)
    return { peerId: this.#authorOf(signer), signer }
  }
}

/** @throws RecordError `INVALID_ARGUMENT` for an object that cannot sign */
export function checkSigner(signer: Signer): void {
  if (typeof signer?.sign === 'function' && typeof signer.publicKey === 'object' && signer.publicKey !== null) return
  throw invalid(
    `signer is ${nameOf(signer)}; an object with publicKey and sign, such as a key pair of generateKeyPair(), is expected`
  )
}

function invalid(message: string): RecordError<'INVALID_ARGUMENT'> {
  return new RecordError('INVALID_ARGUMENT', message)
}
