import { limits } from '@recordkit/record-types'
import { toHex } from '@recordkit/testing'
import { base32 } from 'multiformats/bases/base32'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ipnsNameToString,
  joinRecordKey,
  peerIdFromDigest,
  peerIdToString,
  providerKey,
  providersPrefix,
  splitProviderKey
} from '@recordkit/record-codec'
import { peerId } from './arbitraries.ts'
import { codeOf, utf8 } from './errors.ts'

const provider = peerIdFromDigest(new Uint8Array(32))
const name = ipnsNameToString(provider)
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

test('providerKey contains the multihash in base32 and the peer in base36', () => {
  const key = providerKey(utf8('hash'), provider)
  expect(text(key)).toBe(`/providers/nbqxg2a/${name}`)
  expect(text(providersPrefix(utf8('hash')))).toBe('/providers/nbqxg2a/')
  expect(splitProviderKey(key)).toEqual({ multihash: utf8('hash'), provider })
})

test('splitProviderKey returns the parts of every key that providerKey made', () => {
  const multihash = fc.uint8Array({ minLength: 1, maxLength: 80 })
  fc.assert(
    fc.property(multihash, peerId, (multihash, provider) => {
      const key = providerKey(multihash, provider)
      expect(splitProviderKey(key)).toEqual({ multihash, provider })
      expect(toHex(key).startsWith(toHex(providersPrefix(multihash)))).toBe(true)
    })
  )
})

test('providerKey accepts multihashes of 1 to 80 bytes', () => {
  for (const [size, code] of [
    [0, 'INVALID_ARGUMENT'],
    [1, 'ok'],
    [limits.providerKey, 'ok'],
    [limits.providerKey + 1, 'INVALID_ARGUMENT']
  ] as const) {
    expect(codeOf(() => providerKey(new Uint8Array(size), provider))).toBe(code)
    expect(codeOf(() => providersPrefix(new Uint8Array(size)))).toBe(code)
  }
  const content = (size: number): string => base32.encode(new Uint8Array(size)).slice(1)
  expect(content(80)).toHaveLength(128)
  expect(codeOf(() => splitProviderKey(joinRecordKey('providers', `${content(80)}/${name}`)))).toBe('ok')
  expect(codeOf(() => splitProviderKey(joinRecordKey('providers', `${content(81)}/${name}`)))).toBe(
    'RECORD_KEY_INVALID'
  )
})

test.each([
  ['nothing', ''],
  ['no slash', 'nbqxg2a'],
  ['no content', `/${name}`],
  ['a letter, which is less than a byte', `n/${name}`],
  ['upper case', `NBQXG2A/${name}`],
  ['padding', `nbqxg2a=/${name}`],
  ['a digit that base32 does not have', `nbqxg21/${name}`],
  ['a slash in the content', `nb/qxg2a/${name}`],
  ['bits after the last byte', `nbqxg2b/${name}`],
  ['a number of letters that does not encode bytes', `nbqxg2/${name}`],
  ['a blank before the content', ` nbqxg2a/${name}`],
  ['a line break after the content', `nbqxg2a\n/${name}`]
])('splitProviderKey refuses a path with %s', (_, path) => {
  expect(['RECORD_KEY_INVALID', 'IPNS_NAME_INVALID']).toContain(
    codeOf(() => splitProviderKey(joinRecordKey('providers', path)))
  )
  if (path.endsWith(`/${name}`) && !path.includes('nb/')) {
    expect(codeOf(() => splitProviderKey(joinRecordKey('providers', path)))).toBe('RECORD_KEY_INVALID')
  }
})

test.each([
  ['in base58btc', peerIdToString(provider), 'RECORD_KEY_INVALID'],
  ['in upper case', name.toUpperCase(), 'RECORD_KEY_INVALID'],
  ['with /ipns/ before it', `/ipns/${name}`, 'RECORD_KEY_INVALID'],
  ['followed by a blank', `${name} `, 'IPNS_NAME_INVALID'],
  ['that is not a name', 'peer', 'IPNS_NAME_INVALID'],
  ['that is missing', '', 'IPNS_NAME_INVALID']
])('splitProviderKey refuses a peer %s', (_, peer, code) => {
  expect(codeOf(() => splitProviderKey(joinRecordKey('providers', `nbqxg2a/${peer}`)))).toBe(code)
})

test('splitProviderKey refuses other namespaces', () => {
  for (const namespace of ['provider', 'Providers', 'pk']) {
    expect(codeOf(() => splitProviderKey(joinRecordKey(namespace, `nbqxg2a/${name}`)))).toBe('RECORD_KEY_INVALID')
  }
  expect(codeOf(() => splitProviderKey(utf8(`providers/nbqxg2a/${name}`)))).toBe('RECORD_KEY_INVALID')
})

test('splitProviderKey refuses bytes after the key', () => {
  const key = providerKey(utf8('hash'), provider)
  for (const size of [1, 400, 100_000]) {
    const longer = Uint8Array.of(...key, ...new Uint8Array(size).fill(0x61))
    expect(['IPNS_NAME_INVALID', 'RECORD_KEY_INVALID']).toContain(codeOf(() => splitProviderKey(longer)))
  }
})
