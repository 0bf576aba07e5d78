import { ipnsNameToString, ipnsRoutingKey, joinRecordKey, parsePeerId, peerIdToString } from '@recordkit/record-codec'
import {
  anyAuthor,
  exceptAuthors,
  ipns,
  ownedKey,
  ownerInKey,
  peerRecords,
  providers,
  publicKeys,
  signed,
  unsigned,
  ValidationEngine
} from '@recordkit/record-validators'
import { toHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'

const peer = parsePeerId('12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5')
/** The same peer in each base that the peer-ids specification allows. */
const names = [
  ipnsNameToString(peer),
  peerIdToString(peer),
  `f0172${toHex(peer)}`,
  `F0172${toHex(peer).toUpperCase()}`,
  ipnsNameToString(peer).toUpperCase()
]
const engine = new ValidationEngine(
  [
    ipns(),
    publicKeys(),
    peerRecords(),
    providers(),
    signed('config', { authors: exceptAuthors(ownerInKey(), []) }),
    unsigned('plain', { sequence: () => 1n })
  ],
  { fallback: signed('', { authors: anyAuthor() }) }
)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe.each(names)('the name %s', (name) => {
  test('is the same key as every other spelling of it, with and without a slash at its end', () => {
    for (const end of ['', '/']) {
      expect(engine.parseKey(`/ipns/${name}${end}`)).toEqual(ipnsRoutingKey(peer))
      expect(engine.parseKey(`/pk/${name}${end}`)).toEqual(joinRecordKey('pk', peer))
      expect(engine.parseKey(`/peer/${name}${end}`)).toEqual(joinRecordKey('peer', peer))
    }
  })

  test('names the owner of a key', () => {
    expect(engine.parseKey(`/config/${name}/app/theme`)).toEqual(ownedKey('config', peer, 'app/theme'))
  })
})

test.each([
  ['/ipns/', 'IPNS name'],
  ['/ipns/example.org', 'IPNS name'],
  [`/ipns/${ipnsNameToString(peer)}/docs`, 'the path "docs" follows the name'],
  ['/pk/12D3', 'IPNS name'],
  ['/config/app', 'IPNS name'],
  ['/config/\u{1b}[31m', 'u{1b}']
])('the text key %j is refused, and the message says what is expected', (key, expected) => {
  expect(() => engine.parseKey(key)).toThrow(
    expect.objectContaining({ code: 'RECORD_KEY_INVALID', message: expect.stringContaining(expected) })
  )
})

test('bytes that no record of the namespace can have as its key are refused', () => {
  expect(() => engine.parseKey(bytes(`/ipns/${names[0]}`))).toThrow(
    expect.objectContaining({ code: 'RECORD_KEY_INVALID' })
  )
  expect(engine.parseKey(ipnsRoutingKey(peer))).toEqual(ipnsRoutingKey(peer))
})

test('other keys are UTF-8, also without a namespace', () => {
  for (const key of ['/plain/ä/', '/other/key', 'test-key', '']) expect(engine.parseKey(key)).toEqual(bytes(key))
})

test('an author has a key where the namespace names authors in its keys', () => {
  expect(ipns().keyFor(peer)).toEqual(ipnsRoutingKey(peer))
  const config = signed('config', { authors: exceptAuthors(ownerInKey(), []) })
  expect(config.keyFor?.(peer, 'app')).toEqual(ownedKey('config', peer, 'app'))
  expect(signed('wall', { authors: anyAuthor() }).keyFor).toBeUndefined()
})
