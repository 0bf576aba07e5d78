import type { StoreEntry } from '@recordkit/record-store'
import { decodeStoreEntry } from '@recordkit/record-store'
import { mapKey, SizedMap } from '@recordkit/record-types/internal'

const maxEntries = 4096
/** bytes */
const maxSize = 4_194_304

/** The entries that this process read or wrote last. Another process may have changed them since. */
export class RecentEntries {
  readonly #entries = new SizedMap<string, Uint8Array>(maxEntries, maxSize, (key, entry) => key.length + entry.length)

  /** @param entry - as it is stored; `undefined`: there is none */
  set(key: Uint8Array, entry: Uint8Array | undefined): void {
    if (entry === undefined) this.#entries.delete(mapKey(key))
    // a copy: the bytes may be part of a larger buffer of the driver
    else this.#entries.set(mapKey(key), new Uint8Array(entry))
  }

  /** What a key probably contains; nothing if that is not known. */
  get(key: Uint8Array): StoreEntry {
    const bytes = this.#entries.get(mapKey(key))
    return bytes === undefined ? {} : decodeStoreEntry(key, bytes)
  }
}
