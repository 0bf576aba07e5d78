import { mapKey } from '@recordkit/record-types'
import type { Clock, Provider } from '@recordkit/record-types'

export interface KnownProvidersOptions {
  readonly clock: Clock
  /** ns since a provider was last heard of */
  readonly validity: bigint
  /** ns since its addresses were last heard of */
  readonly addressAge: bigint
  readonly perKey: number
  readonly keys: number
}

interface Known extends Provider {
  readonly heard: bigint
  /** when its addresses were */
  readonly located: bigint
}

/** Who was heard to provide what, bounded: per content the ones heard of last stay, and the contents asked for last. */
export class KnownProviders {
  readonly #options: KnownProvidersOptions
  readonly #contents = new Map<string, Map<string, Known>>()

  constructor(options: KnownProvidersOptions) {
    this.#options = options
  }

  hear(multihash: Uint8Array, { id, addresses }: Provider): void {
    const content = mapKey(multihash)
    const known = this.#contents.get(content) ?? new Map<string, Known>()
    this.#contents.delete(content)
    this.#contents.set(content, known)
    const name = mapKey(id)
    const heard = this.#options.clock()
    const before = known.get(name)
    known.delete(name)
    known.set(name, {
      ...(before === undefined || addresses.length > 0 ? { id, addresses, located: heard } : before),
      heard
    })
    dropOldest(known, this.#options.perKey)
    dropOldest(this.#contents, this.#options.keys)
  }

  /** The valid ones, heard of last first. Old addresses are left out: the peer is looked up then. */
  of(multihash: Uint8Array): readonly Provider[] {
    const { clock, validity, addressAge } = this.#options
    const now = clock()
    const valid: Provider[] = []
    for (const { id, addresses, heard, located } of this.#contents.get(mapKey(multihash))?.values() ?? []) {
      if (now - heard <= validity) valid.unshift({ id, addresses: now - located > addressAge ? [] : addresses })
    }
    return valid
  }
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  if (map.size <= limit) return
  for (const oldest of map.keys()) if (map.delete(oldest)) return
}
