import { RecordError } from '@recordkit/record-types'
import { isDisplaced } from './is-displaced.ts'
import type { PublicationView } from './manager-options.ts'
import type { ManagerParts } from './manager-parts.ts'

/** How often the publication of a key is changed anew when other processes change the key meanwhile. */
const maxAttempts = 32

/** What the application decides about the publications of a manager. */
export class PublishedKeys {
  readonly #parts: ManagerParts

  constructor(parts: ManagerParts) {
    this.#parts = parts
  }

  async republish(key: Uint8Array, signal: AbortSignal | undefined): Promise<boolean> {
    const record = await this.#parts.pipeline.read(key, { signal })
    if (record === undefined) return false
    const ifRank = record.stored.rank
    const known = await this.#parts.store.publication(key, { signal })
    const isReplaced = known !== undefined && isDisplaced(record.verified, known)
    // the record of another author is published unchanged
    const publication = { ...(known === undefined || isReplaced ? { key } : known), network: true }
    if (!(await this.#parts.store.touch(key, { ifRank, signal, publication }))) return false
    this.#parts.publications.add(publication, record.view)
    return true
  }

  async unpublish(key: Uint8Array, signal: AbortSignal | undefined): Promise<boolean> {
    this.#parts.publications.remove(key)
    return this.#unlessFailed(key, async () => {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        // the rank is read first: a put in between changes it together with the publication
        const ifRank = (await this.#parts.store.get(key, { signal }))?.rank ?? null
        const known = await this.#parts.store.publication(key, { signal })
        if (known === undefined) return false
        const publication = known.network ? null : { key, network: false }
        if (await this.#parts.store.touch(key, { ifRank, publication, signal })) return true
      }
      throw new RecordError('STORE_CONTENDED', 'other processes changed the key again and again', { key })
    })
  }

  async deleteRecord(key: Uint8Array, signal: AbortSignal | undefined): Promise<boolean> {
    this.#parts.publications.remove(key)
    this.#parts.network?.lookups.forget(key)
    return this.#unlessFailed(key, () => this.#parts.store.delete(key, { signal }))
  }

  async *list(prefix: Uint8Array, signal: AbortSignal | undefined): AsyncGenerator<PublicationView, undefined> {
    for await (const publication of this.#parts.store.publications({ prefix: prefix }, { signal })) {
      const held = await this.#parts.pipeline.held(publication.key, { signal })
      const isReplaced = held !== undefined && isDisplaced(held.record, publication)
      const entry = this.#parts.publications.entry(publication.key)
      yield {
        ...publication,
        status:
          held === undefined ? 'missing' : isReplaced ? 'displaced' : held.refusal === undefined ? 'active' : 'lapsed',
        record: held && this.#parts.pipeline.view(held.record, held.stored.timeReceived),
        next: entry?.next,
        failures: entry?.failures ?? 0,
        error: entry?.error
      }
    }
    return undefined
  }

  /** Publishes a key further when it could not be deleted or unpublished. */
  async #unlessFailed(key: Uint8Array, work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work()
    } catch (error) {
      this.#parts.publications.addNow(key)
      throw error
    }
  }
}
