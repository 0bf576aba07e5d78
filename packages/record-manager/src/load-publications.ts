import { isRecordError } from '@recordkit/record-types'
import type { Publication, StoredRecord } from '@recordkit/record-store'
import type { PublicationParts } from './publication-parts.ts'

/** publications whose records are read together */
const pageSize = 256

/** What a queue adds of the publications of its store. */
export interface LoadOptions {
  /** whether the queue does not contain a publication that it should */
  readonly isMissing: (publication: Publication) => boolean
  readonly add: (publication: Publication, record: StoredRecord | undefined) => void
  readonly addNow: (key: Uint8Array) => void
}

/** Adds the publications of the store that are not in the queue. Returns whether all could be read. */
export async function loadPublications(
  { store, events }: Pick<PublicationParts, 'store' | 'events'>,
  options: LoadOptions
): Promise<boolean> {
  // from both ends: one entry that cannot be read does not stop the others
  for (const reverse of [false, true]) {
    let page: Publication[] = []
    try {
      for await (const publication of store.publications({ reverse })) {
        if (options.isMissing(publication)) page.push(publication)
        if (page.length < pageSize) continue
        await addPage(store, page, options)
        page = []
      }
      await addPage(store, page, options)
      return !reverse
    } catch (error) {
      await addPage(store, page, options).catch(() => {})
      if (isRecordError(error, 'STORE_CLOSED')) return true
      if (!reverse) events.dispatch('publications:unread', { error })
    }
  }
  return false
}

async function addPage(
  store: PublicationParts['store'],
  publications: readonly Publication[],
  { isMissing, add, addNow }: LoadOptions
): Promise<void> {
  // the time of a publication and the lifetime of its record are enough to plan the next one
  const local = publications.filter(({ network }) => !network)
  const records = await store.getMany(local.map(({ key }) => key))
  local.forEach((publication, index) => {
    const record = records[index]
    if (!isMissing(publication)) return
    if (record === undefined) addNow(publication.key)
    else add(publication, record)
  })
  for (const publication of publications) if (publication.network && isMissing(publication)) add(publication, undefined)
}
