import type { Clock, Provider } from '@recordkit/record-types'
import { mapKey } from '@recordkit/record-types/internal'

export interface ProviderCacheOptions {
  readonly clock: Clock
  /** ns since a provider was last found */
  readonly maxProviderAge: bigint
  /** ns since a provider was last found with addresses */
  readonly maxAddressAge: bigint
  readonly maxProviders: number
  readonly maxMultihashes: number
}

interface CachedProvider extends Provider {
  /** ns; when the provider was last found */
  readonly foundAt: bigint
  /** ns; when it was last found with addresses */
  readonly addressesFoundAt: bigint
  /** whether it published a signed provider record when it was found */
  readonly signed: boolean
}

/** bytes of all cached providers: 16 MiB */
const maxBytes = 16_777_216
/** bytes that a provider and an address take in memory besides their own bytes, measured */
const providerOverhead = 1024
const addressOverhead = 256

function sizeOf({ addresses }: Pick<Provider, 'addresses'>): number {
  return addresses.reduce((sum, { length }) => sum + addressOverhead + length, providerOverhead)
}

/**
 * Providers that were found, bounded: the latest providers of each multihash, the multihashes of which providers were found last,
 * and the memory of all. A provider that did not sign never displaces one that did, of any multihash.
 */
export class ProviderCache {
  readonly #options: ProviderCacheOptions
  readonly #providers = new Map<string, Map<string, CachedProvider>>()
  #bytes = 0

  constructor(options: ProviderCacheOptions) {
    this.#options = options
  }

  /** bytes of memory that all cached providers take */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds a provider. One without addresses keeps those that it was found with before. */
  add(multihash: Uint8Array, { id, addresses }: Provider, signed: boolean): void {
    const name = mapKey(multihash)
    const providers = this.#providers.get(name) ?? new Map<string, CachedProvider>()
    this.#providers.delete(name)
    this.#providers.set(name, providers)
    const foundAt = this.#options.clock()
    const cached = providers.get(mapKey(id))
    if (cached === undefined && !this.#evict(providers, signed)) return
    const latest =
      cached === undefined || addresses.length > 0
        ? // a copy: a view keeps the whole message in memory that it is a part of
          { id: new Uint8Array(id), addresses, addressesFoundAt: foundAt }
        : cached
    this.#remove(providers, mapKey(id))
    providers.set(mapKey(id), { ...latest, foundAt, signed: signed || cached?.signed === true })
    this.#bytes += sizeOf(latest)
    this.#evictMultihashes()
  }

  get #isFull(): boolean {
    return this.#providers.size > this.#options.maxMultihashes || this.#bytes > maxBytes
  }

  /** Removes the providers that did not sign, and only then others: first of the multihashes found longest ago. */
  #evictMultihashes(): void {
    for (const keepsSigned of [true, false]) {
      for (const [name, providers] of this.#providers) {
        if (!this.#isFull) return
        for (const [provider, { signed }] of providers) if (!(keepsSigned && signed)) this.#remove(providers, provider)
        if (providers.size === 0) this.#providers.delete(name)
      }
    }
  }

  #remove(providers: Map<string, CachedProvider>, name: string): boolean {
    const provider = providers.get(name)
    if (provider !== undefined) this.#bytes -= sizeOf(provider)
    return providers.delete(name)
  }

  /** Removes the oldest provider of a full list, one that did not sign first. @returns whether another one fits */
  #evict(providers: Map<string, CachedProvider>, signed: boolean): boolean {
    if (providers.size < this.#options.maxProviders) return true
    let oldest: string | undefined
    for (const [name, provider] of providers) {
      if (!provider.signed) return this.#remove(providers, name)
      oldest ??= name
    }
    return signed && oldest !== undefined && this.#remove(providers, oldest)
  }

  /** The providers that are not too old, the latest first. Addresses that are too old are left out: look the peer up. */
  get(multihash: Uint8Array): readonly Provider[] {
    const { clock, maxProviderAge, maxAddressAge } = this.#options
    const now = clock()
    const valid: Provider[] = []
    for (const { id, addresses, foundAt, addressesFoundAt } of this.#providers.get(mapKey(multihash))?.values() ?? []) {
      if (now - foundAt > maxProviderAge) continue
      valid.unshift({ id, addresses: now - addressesFoundAt > maxAddressAge ? [] : addresses })
    }
    return valid
  }
}
