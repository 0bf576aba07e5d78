import type { Clock, Provider } from '@recordkit/record-types'
import { BoundedMap, mapKey } from '@recordkit/record-types/internal'

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
}

/** Providers that were found, bounded: the latest providers of each multihash, and the multihashes used last. */
export class ProviderCache {
  readonly #options: ProviderCacheOptions
  readonly #providers: BoundedMap<string, BoundedMap<string, CachedProvider>>

  constructor(options: ProviderCacheOptions) {
    this.#options = options
    this.#providers = new BoundedMap(options.maxMultihashes)
  }

  /** Adds a provider. One without addresses keeps those that it was found with before. */
  add(multihash: Uint8Array, { id, addresses }: Provider): void {
    const name = mapKey(multihash)
    const providers = this.#providers.get(name) ?? new BoundedMap<string, CachedProvider>(this.#options.maxProviders)
    this.#providers.set(name, providers)
    const foundAt = this.#options.clock()
    const cached = providers.get(mapKey(id))
    const latest = cached === undefined || addresses.length > 0 ? { id, addresses, addressesFoundAt: foundAt } : cached
    providers.set(mapKey(id), { ...latest, foundAt })
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
