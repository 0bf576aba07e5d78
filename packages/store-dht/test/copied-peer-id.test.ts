import { peerIdFromCID, peerIdFromString } from '@libp2p/peer-id'
import { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { expect, test } from 'vitest'
import { copyPeerId } from '../src/copied-peer-id.ts'

const urlPeerId = (url: string) => peerIdFromCID(CID.createV1(0x0920, identity.digest(new TextEncoder().encode(url))))
const originals = [
  peerIdFromString('12D3KooWRm8J3iL796zPFi2EtGGtUJn58AG67gcqzMFHZnnsTzqD'),
  peerIdFromString('16Uiu2HAmLhLvBoYaoZfaMUKuibM6ac163GwKY74c5kiSLg5KvLpY'),
  peerIdFromString('QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC'),
  urlPeerId('https://example.org'),
  urlPeerId('https://example.org/a')
]

test.each(originals)('a copy of the peer ID %s cannot be told from it', (original) => {
  const copy = copyPeerId(original)
  if (copy === undefined) throw new Error('the ID was not copied')
  expect(copy.type).toBe(original.type)
  expect(copy.toString()).toBe(original.toString())
  expect(copy.toCID().toString()).toBe(original.toCID().toString())
  expect(copy.toMultihash().bytes).toEqual(original.toMultihash().bytes)
  expect(copy.toMultihash().bytes.buffer).not.toBe(original.toMultihash().bytes.buffer)
  expect(JSON.stringify({ copy })).toBe(JSON.stringify({ copy: original }))
  expect('url' in copy && copy.url).toEqual('url' in original && original.url)
  for (const other of originals) {
    const forms = [other, other.toString(), other.toMultihash().bytes, new TextEncoder().encode(other.toString())]
    for (const form of forms) expect(copy.equals(form)).toBe(original.equals(form))
    expect(copyPeerId(other)?.equals(original)).toBe(other.equals(original))
  }
  for (const nothing of [undefined, null]) expect(copy.equals(nothing as undefined)).toBe(false)
})

test('a peer ID above 64 bytes, such as that of a long URL, is not copied', () => {
  expect(copyPeerId(urlPeerId(`https://example.org/${'a'.repeat(64)}`))).toBeUndefined()
})
