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

test('is the content in base32 and the peer in base36, in text', () => {
  const key = providerKey(utf8('hash'), provider)
  expect(text(key)).toBe(`/providers/nbqxg2a/${name}`)
  expect(text(providersPrefix(utf8('hash')))).toBe('/providers/nbqxg2a/')
  expect(splitProviderKey(key)).toEqual({ multihash: utf8('hash'), provider })
})

test('is read as it was made, for 1 to 80 bytes and any peer', () => {
  const multihash = fc.uint8Array({ minLength: 1, maxLength: 80 })
  fc.assert(
    fc.property(multihash, peerId, (multihash, provider) => {
      const key = providerKey(multihash, provider)
      expect(splitProviderKey(key)).toEqual({ multihash, provider })
      expect(toHex(key).startsWith(toHex(providersPrefix(multihash)))).toBe(true)
    })
  )
})

test('is for at least one byte of content, and at most 80', () => {
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
  ['a letter, which is no byte', `n/${name}`],
  ['upper case', `NBQXG2A/${name}`],
  ['padding', `nbqxg2a=/${name}`],
  ['a digit that base32 has not', `nbqxg21/${name}`],
  ['a slash in the content', `nb/qxg2a/${name}`],
  ['bits behind the last byte', `nbqxg2b/${name}`],
  ['a number of letters that no bytes have', `nbqxg2/${name}`],
  ['a blank before the content', ` nbqxg2a/${name}`],
  ['a break behind the content', `nbqxg2a\n/${name}`]
])('with %s is refused', (_, path) => {
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
  ['with a byte behind it', `${name} `, 'IPNS_NAME_INVALID'],
  ['that is none', 'peer', 'IPNS_NAME_INVALID'],
  ['that is not there', '', 'IPNS_NAME_INVALID']
])('with a peer %s is refused', (_, peer, code) => {
  expect(codeOf(() => splitProviderKey(joinRecordKey('providers', `nbqxg2a/${peer}`)))).toBe(code)
})

test('is of its namespace and no other', () => {
  for (const namespace of ['provider', 'Providers', 'pk']) {
    expect(codeOf(() => splitProviderKey(joinRecordKey(namespace, `nbqxg2a/${name}`)))).toBe('RECORD_KEY_INVALID')
  }
  expect(codeOf(() => splitProviderKey(utf8(`providers/nbqxg2a/${name}`)))).toBe('RECORD_KEY_INVALID')
})

test('has nothing behind it, far behind neither', () => {
  const key = providerKey(utf8('hash'), provider)
  for (const size of [1, 400, 100_000]) {
    const longer = Uint8Array.of(...key, ...new Uint8Array(size).fill(0x61))
    expect(['IPNS_NAME_INVALID', 'RECORD_KEY_INVALID']).toContain(codeOf(() => splitProviderKey(longer)))
  }
})
