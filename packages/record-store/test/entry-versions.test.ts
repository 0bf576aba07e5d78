import { decodeStoreEntry, encodeStoreEntry } from '@recordkit/record-store'
import { fromHex, toHex } from '@recordkit/record-types/internal'
import fixtures from '@recordkit/vectors/recordkit/stores-0/entries.json' with { type: 'json' }
import { describe, expect, test } from 'vitest'

interface Fixture {
  readonly id: string
  readonly keyHex: string
  readonly entryHex: string
  readonly corrupt?: boolean
  readonly record?: {
    readonly valueHex: string
    readonly rankHex: string
    readonly timeReceived: string
    readonly expires?: string
    readonly authorHex?: string
    readonly senderHex?: string
    readonly local?: boolean
    readonly published?: string
  }
  readonly mark?: { readonly rankHex: string; readonly until: string }
}

const noIdentity = '00'.repeat(32)

describe('an entry that was written before ranks had an identity', () => {
  for (const { id, keyHex, entryHex, corrupt, record, mark } of fixtures.entries as readonly Fixture[]) {
    test(`is decoded and migrated: ${id}`, () => {
      const key = fromHex(keyHex)
      const entry = decodeStoreEntry(key, fromHex(entryHex))
      if (corrupt !== undefined) {
        expect(entry.corrupt ?? entry.newer).toBeDefined()
        return
      }
      expect(entry.corrupt).toBeUndefined()
      expect(entry.record && toHex(entry.record.rank)).toBe(record && record.rankHex + noIdentity)
      expect(entry.record && toHex(entry.record.value)).toBe(record?.valueHex)
      expect(entry.record?.timeReceived.toString()).toBe(record?.timeReceived)
      expect(entry.record?.expires?.toString()).toBe(record?.expires)
      expect(entry.record?.author && toHex(entry.record.author)).toBe(record?.authorHex)
      expect(entry.record?.sender && toHex(entry.record.sender)).toBe(record?.senderHex)
      expect(entry.mark && toHex(entry.mark.rank)).toBe(mark && mark.rankHex + noIdentity)
      expect(entry.mark?.until.toString()).toBe(mark?.until)
      expect(entry.publication?.network).toBe(record?.local)
      if (record?.local === true) expect(entry.publication?.published?.toString()).toBe(record.published)
      // what is written next has the current format, and the same content
      const { version: _, ...content } = entry
      const { version: __, ...again } = decodeStoreEntry(key, encodeStoreEntry(key, content))
      expect(again).toEqual(content)
    })
  }
})
