import { files, fromHex, toHex } from '@recordkit/testing'
import { base16, base16upper } from 'multiformats/bases/base16'
import { base32, base32upper } from 'multiformats/bases/base32'
import { base36, base36upper } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  encodePublicKey,
  assertPeerId,
  decodePublicKey,
  peerIdFromInlineKey,
  ipnsNameFromKey,
  ipnsNameToString,
  ipnsRoutingKey,
  parseIpnsName,
  parsePeerId,
  peerIdFromDigest,
  peerIdToString,
  publicKeyFromPeerId
} from '@recordkit/record-codec'
import multicodec from '@recordkit/vectors/multicodec/record-codes.json' with { type: 'json' }
import specKeys from '@recordkit/vectors/peer-ids/peer-id-spec-keys.json' with { type: 'json' }
import specStrings from '@recordkit/vectors/peer-ids/peer-id-spec-strings.json' with { type: 'json' }
import rules from '@recordkit/vectors/rules/peer-ids.json' with { type: 'json' }
import ipnsCases from '@recordkit/vectors/rules/ipns-validator-cases.json' with { type: 'json' }
import { bytes, peerId, publicKey } from './arbitraries.ts'
import { codeOf, utf8 } from './errors.ts'

const raw = files(
  import.meta.glob<string>('../../../vectors/keys/raw/*.pub', { query: '?hex', import: 'default', eager: true })
)

describe.each(specKeys.vectors)(
  'the peer ID of the $type key of the specification',
  ({ publicKeyProtobufHex, derived }) => {
    const id = fromHex(derived.peerId.multihashHex)
    const { base58btc, cidBase32, cidBase36, inlined } = derived.peerId

    test('has its text forms', () => {
      expect(peerIdToString(id)).toBe(base58btc)
      expect(ipnsNameToString(id)).toBe(cidBase36)
      for (const text of [base58btc, cidBase32, cidBase36]) expect(parsePeerId(text)).toEqual(id)
    })

    test('contains its key exactly when the key is small', () => {
      const key = decodePublicKey(fromHex(publicKeyProtobufHex))
      expect(peerIdFromInlineKey(encodePublicKey(key))).toEqual(inlined ? id : undefined)
      expect(publicKeyFromPeerId(id)).toEqual(inlined ? key : undefined)
    })
  }
)

test.each(specStrings.vectors)('parsePeerId accepts $text', ({ text, derived }) => {
  expect(toHex(parsePeerId(text))).toBe(derived.multihashHex)
})

test.each(rules.pairs)('parsePeerId and peerIdToString agree with other implementations on $peerId', (pair) => {
  const id = fromHex(pair.multihashHex)
  expect(parsePeerId(pair.peerId)).toEqual(id)
  expect(parseIpnsName(pair.cidBase36)).toEqual(id)
  expect(peerIdToString(id)).toBe(pair.peerId)
  expect(ipnsNameToString(id)).toBe(pair.cidBase36)
})

test.each(rules.refuse)('parsePeerId refuses $text: $why', ({ text }) => {
  expect(codeOf(() => parsePeerId(text))).toBe('PEER_ID_INVALID')
  expect(codeOf(() => parseIpnsName(text))).toBe('IPNS_NAME_INVALID')
})

test('peer IDs and names use the code points of the multicodec table', () => {
  const code = (name: string): string | undefined => multicodec.rows.find((row) => row.name === name)?.derivedUvarintHex
  const id = peerIdFromDigest(new Uint8Array(32))
  expect(toHex(id.subarray(0, 1))).toBe(code('sha2-256'))
  expect(toHex(base36.decode(ipnsNameToString(id)).subarray(1, 2))).toBe(code('libp2p-key'))
  expect(
    toHex(peerIdFromInlineKey(encodePublicKey({ type: 'Ed25519', data: new Uint8Array(32) }))!.subarray(0, 1))
  ).toBe(code('identity'))
})

test('parsePeerId parses every text form of every peer ID', () => {
  fc.assert(
    fc.property(peerId, (id) => {
      const cid = Uint8Array.of(1, 0x72, ...id)
      expect(parsePeerId(peerIdToString(id))).toEqual(id)
      expect(parseIpnsName(ipnsNameToString(id))).toEqual(id)
      expect(parseIpnsName('/ipns/' + ipnsNameToString(id))).toEqual(id)
      for (const base of [base16, base16upper, base32, base32upper, base36, base36upper, base58btc]) {
        expect(parsePeerId(base.encode(cid))).toEqual(id)
      }
    })
  )
})

test('publicKeyFromPeerId returns the key that peerIdFromInlineKey inlined', () => {
  fc.assert(
    fc.property(publicKey, (key) => {
      expect(publicKeyFromPeerId(peerIdFromInlineKey(encodePublicKey(key))!)).toEqual(key)
    })
  )
})

test('assertPeerId accepts only canonical public keys and sha2-256 digests', () => {
  const key = raw.get('spec-ed25519.pub')!
  const swapped = Uint8Array.of(...key.subarray(2), ...key.subarray(0, 2))
  const rsa = raw.get('go-libp2p-rsa.pub')!
  const codes = (id: number[]): string => codeOf(() => assertPeerId(Uint8Array.from(id)))
  expect(codes([0, key.length, ...key])).toBe('ok')
  expect(codes([0x12, 32, ...new Uint8Array(32)])).toBe('ok')
  expect(codes([0, swapped.length, ...swapped])).toBe('PEER_ID_INVALID')
  expect(codes([0, 0xab, 2, ...rsa])).toBe('PEER_ID_INVALID')
  expect(codes([0, key.length + 1, ...key])).toBe('PEER_ID_INVALID')
  expect(codes([0, key.length, ...key, 0])).toBe('PEER_ID_INVALID')
  const ecdsa = raw.get('spec-ecdsa.pub')!
  expect(codes([0, ecdsa.length, ...ecdsa])).toBe('PEER_ID_INVALID')
  expect(codes([0x12, 31, ...new Uint8Array(31)])).toBe('PEER_ID_INVALID')
  expect(codes([0x12, 32, ...new Uint8Array(33)])).toBe('PEER_ID_INVALID')
  expect(codes([0x13, 32, ...new Uint8Array(32)])).toBe('PEER_ID_INVALID')
  expect(codes([0, 0])).toBe('PEER_ID_INVALID')
  expect(codes([])).toBe('PEER_ID_INVALID')
})

test('parsePeerId accepts only CIDs of version 1 and the codec libp2p-key', () => {
  const id = peerIdFromDigest(new Uint8Array(32))
  const code = (...head: number[]): string => codeOf(() => parsePeerId(base16.encode(Uint8Array.of(...head, ...id))))
  expect(code(1, 0x72)).toBe('ok')
  expect(code(2, 0x72)).toBe('PEER_ID_INVALID')
  expect(code(1, 0x70)).toBe('PEER_ID_INVALID')
  expect(code(0x81, 0, 0x72)).toBe('PEER_ID_INVALID')
  expect(code()).toBe('PEER_ID_INVALID')
})

test('peerIdFromDigest accepts only 32 bytes', () => {
  for (const length of [0, 31, 33, 64]) {
    expect(codeOf(() => peerIdFromDigest(new Uint8Array(length)))).toBe('INVALID_ARGUMENT')
  }
})

describe('parsePeerId', () => {
  test.each([
    '1',
    'Qm',
    'k',
    'b',
    'f',
    'z',
    'm' + 'A'.repeat(40),
    'K51QZI5UQU5Djmw2yvf8kk5cdjc1ddc00o4d5sjwi6f79xzcay9j3gkddw5uu4',
    'k51qzi5uqu5djmw2yvf8kk5cdjc1ddc00o4d5sjwi6f79xzcay9j3gkddw5uu4 ',
    '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH0',
    'QmcW3oMdSqoEcjbyd51auqC23vhKX6BqfcZcY2HJ3sKAZ',
    '1'.repeat(93),
    '💥'
  ])('refuses the text %s', (text) => {
    expect(codeOf(() => parsePeerId(text))).toBe('PEER_ID_INVALID')
    expect(codeOf(() => parseIpnsName(text))).toBe('IPNS_NAME_INVALID')
    expect(codeOf(() => parseIpnsName('/ipns/' + text))).toBe('IPNS_NAME_INVALID')
  })

  test('refuses long text', () => {
    for (const letter of ['k', '1', 'b']) {
      const text = letter.repeat(1e6)
      expect(codeOf(() => parsePeerId(text))).toBe('PEER_ID_INVALID')
      expect(codeOf(() => parseIpnsName(text))).toBe('IPNS_NAME_INVALID')
    }
  })

  test('throws nothing but a RecordError for any text', () => {
    const letters = fc.string({
      unit: fc.constantFrom('k', 'b', 'z', 'f', 'K', 'B', 'F', 'Qm', '1', '2', '9', '0', 'a', 'A', 'y', 'l'),
      maxLength: 100
    })
    fc.assert(fc.property(fc.oneof(fc.string(), letters), (text) => codeOf(() => parsePeerId(text)) !== ''))
  })
})

describe('routing keys', () => {
  test('contain the binary name', () => {
    fc.assert(
      fc.property(peerId, (name) => {
        const key = ipnsRoutingKey(name)
        expect(key).toEqual(Uint8Array.of(...utf8('/ipns/'), ...name))
        expect(ipnsNameFromKey(key)).toEqual(name)
      })
    )
  })

  test.each(ipnsCases.cases)('of $id are split as in Go', ({ routingKeyHex, ipnsName, expect: expected }) => {
    const key = fromHex(routingKeyHex)
    if (expected === 'ErrInvalidName')
      expect(['RECORD_KEY_INVALID', 'PEER_ID_INVALID']).toContain(codeOf(() => ipnsNameFromKey(key)))
    else expect(ipnsNameToString(ipnsNameFromKey(key))).toBe(ipnsName)
  })

  test('of other namespaces are refused', () => {
    for (const key of ['/ipns', '/ipn/x', 'ipns/x', '/IPNS/x', '']) {
      expect(codeOf(() => ipnsNameFromKey(utf8(key)))).toBe('RECORD_KEY_INVALID')
    }
  })

  test('throw nothing but a RecordError for any bytes', () => {
    fc.assert(
      fc.property(bytes(60), (rest) => codeOf(() => ipnsNameFromKey(Uint8Array.of(...utf8('/ipns/'), ...rest))) !== '')
    )
  })
})
