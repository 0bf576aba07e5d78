import { encodeIpnsValue, ipnsNameToString, ipnsValueToString, parsePeerId } from '@recordkit/record-codec'
import { base16 } from 'multiformats/bases/base16'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import { expect, test } from 'vitest'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const v1 = CID.parse('bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')
const v0 = CID.parse('QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n')
const peer = parsePeerId('12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5')
const name = ipnsNameToString(peer)
const nameCid = CID.decode(Uint8Array.of(1, 0x72, ...peer))

test.each([
  ['a path', '/ipfs/bafkqaaa/docs', '/ipfs/bafkqaaa/docs'],
  ['a CID object of version 1', v1, `/ipfs/${v1.toString()}`],
  ['a CID object of version 0', v0, `/ipfs/${v0.toString()}`],
  ['a CID object of a name', nameCid, `/ipns/${name}`],
  ['a CID as text', v1.toString(), `/ipfs/${v1.toString()}`],
  ['a CID as text in base58btc', v1.toString(base58btc), `/ipfs/${v1.toString()}`],
  ['a CID as text in base16', v1.toString(base16), `/ipfs/${v1.toString()}`],
  ['a CID as text in base36', v1.toString(base36), `/ipfs/${v1.toString()}`],
  ['a CID as text of version 0', v0.toString(), `/ipfs/${v0.toString()}`],
  ['a name as text', name, `/ipns/${name}`],
  ['a peer ID as text', '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5', `/ipns/${name}`]
])('%s becomes a path in UTF-8', (_, value, path) => {
  expect(text(encodeIpnsValue(value))).toBe(path)
})

test('bytes of a value are returned as they are', () => {
  for (const value of [v1.bytes, v0.bytes, new TextEncoder().encode('/ipfs/bafkqaaa'), new Uint8Array(0)])
    expect(encodeIpnsValue(value)).toBe(value)
})

test.each([
  ['hello'],
  ['ipfs/bafkqaaa'],
  [''],
  ['https://example.org'],
  [Uint8Array.of(9, 9)],
  [{ bytes: Uint8Array.of(9) }]
])('the value %j is IPNS_VALUE_INVALID', (value) => {
  expect(() => encodeIpnsValue(value)).toThrow(expect.objectContaining({ code: 'IPNS_VALUE_INVALID' }))
})

test.each([[undefined], [null], [7], [{}]])('the value %j is INVALID_ARGUMENT', (value) => {
  expect(() => encodeIpnsValue(value as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
})

test('binary CIDs are read as paths, with a name as /ipns/', () => {
  expect(ipnsValueToString(v1.bytes)).toBe(`/ipfs/${v1.toString()}`)
  expect(ipnsValueToString(v0.bytes)).toBe(`/ipfs/${v0.toString()}`)
  expect(ipnsValueToString(nameCid.bytes)).toBe(`/ipns/${name}`)
  expect(ipnsValueToString(new TextEncoder().encode('/ipfs/bafkqaaa/ä'))).toBe('/ipfs/bafkqaaa/ä')
  expect(ipnsValueToString(new Uint8Array(0))).toBe('')
  for (const value of [Uint8Array.of(9), Uint8Array.of(0x2f, 0xff)])
    expect(() => ipnsValueToString(value)).toThrow(expect.objectContaining({ code: 'IPNS_VALUE_INVALID' }))
})
