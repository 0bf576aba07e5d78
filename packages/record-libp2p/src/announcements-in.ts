import type { AnnouncementStorage } from '@recordkit/store-dht'
import { Key } from 'interface-datastore'
import type { Datastore } from 'interface-datastore'
import { base32 } from 'multiformats/bases/base32'

const prefix = '/recordkit/announced/'

/**
 * Keeps the multihashes that a node announces in its datastore: not in the store of its records, because an announcement is not a
 * record, and nodes without signed provider records announce too. The value is the time of the last announcement in ns, in decimal.
 */
export function announcementsIn(datastore: Datastore): AnnouncementStorage {
  const keyOf = (multihash: Uint8Array): Key => new Key(prefix + base32.encode(multihash).slice(1))
  return {
    async *entries({ signal } = {}) {
      for await (const { key, value } of datastore.query({ prefix }, signal && { signal })) {
        const multihash = decode(key.toString().slice(prefix.length))
        const time = new TextDecoder().decode(value)
        if (multihash !== undefined) yield { multihash, announced: /^\d{1,30}$/.test(time) ? BigInt(time) : undefined }
      }
    },
    async put(multihash, announced) {
      await datastore.put(keyOf(multihash), new TextEncoder().encode(announced?.toString() ?? ''))
    },
    async delete(multihash) {
      await datastore.delete(keyOf(multihash))
    }
  }
}

function decode(text: string): Uint8Array | undefined {
  try {
    return base32.decode(`b${text}`)
  } catch {
    return undefined
  }
}
