import type { Clock, Provider } from '@recordkit/record-types'
import { BoundedMap, mapKey } from '@recordkit/record-types/internal'

export interface ProviderCacheOptions {
  readonly clock: Clock
  /** ns since a provider was last reported */
  readonly maxProviderAge: bigint
  /** ns since its addresses were last reported */
  readonly maxAddressAge: bigint
  readonly maxProviders: number
  readonly maxMultihashes: number
}

interface CachedProvider extends Provider {
  /** ns; when the provider was last reported */
  readonly seen: bigint
  /** ns; when its addresses were */
  readonly located: bigint
}

/** Providers that were found, bounded: the latest providers of each multihash, and the multihashes used last. */
export class ProviderCache {
  readonly #options: ProviderCacheOptions
  readonly #providers: BoundedMap<string, BoundedMap<string, CachedProvider>>

  constructor(options: ProviderCacheOptions) {
    this.#options = options
    this.#providers = new BoundedMap(options.maxMultihashes)
  }

  add(multihash: Uint8Array, { id, addresses }: Provider): void {
    const name = mapKey(multihash)
    const providers = this.#providers.get(name) ?? new BoundedMap<string, CachedProvider>(this.#options.maxProviders)
    this.#providers.set(name, providers)
    const seen = this.#options.clock()
    const known = providers.get(mapKey(id))
    const latest = known === undefined || addresses.length > 0 ? { id, addresses, located: seen } : known
    providers.set(mapKey(id), { ...latest, seen })
  }

  /** The providers that are not too old, the latest first. Addresses that are too old are left out: look the peer up. */
  get(multihash: Uint8Array): readonly Provider[] {
    const { clock, maxProviderAge, maxAddressAge } = this.#options
    const now = clock()
    const valid: Provider[] = []
    for (const { id, addresses, seen, located } of this.#providers.get(mapKey(multihash))?.values() ?? []) {
      if (now - seen <= maxProviderAge) valid.unshift({ id, addresses: now - located > maxAddressAge ? [] : addresses })
    }
    return valid
  }
}
