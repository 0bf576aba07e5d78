import { base16 } from 'multiformats/bases/base16'
import { base58btc } from 'multiformats/bases/base58'
import { expect, test } from 'vitest'
import {
  encodePublicKey,
  decodeIpnsRecord,
  peerIdFromInlineKey,
  ipnsNameFromKey,
  ipnsNameToString,
  ipnsOrder,
  ipnsRoutingKey,
  ipnsSigningInput,
  ipnsSigningInputV1,
  parseIpnsName,
  parsePeerId,
  peerIdFromDigest
} from '@recordkit/record-codec'
import { codeOf, utf8 } from './errors.ts'

const hashed = peerIdFromDigest(new Uint8Array(32).fill(9))
const longest = peerIdFromInlineKey(
  encodePublicKey({ type: 'Secp256k1', data: Uint8Array.of(2, ...new Uint8Array(32).fill(9)) })
) as Uint8Array

/** Returns the error that `run` throws. */
function thrown(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

test('parsePeerId accepts the longest text, a Secp256k1 key in base16, and refuses longer ones', () => {
  const text = base16.encode(Uint8Array.of(1, 0x72, ...longest))
  expect(parsePeerId(text)).toEqual(longest)
  expect(codeOf(() => parsePeerId(`${text}0`))).toBe('PEER_ID_INVALID')
})

test('parsing throws INVALID_ARGUMENT for other types, and an error with its cause for other text', () => {
  for (const value of [undefined, null, 5, hashed, {}]) {
    expect(codeOf(() => parsePeerId(value as never))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => parseIpnsName(value as never))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => ipnsNameToString(value === hashed ? (undefined as never) : (value as never)))).toBe(
      'INVALID_ARGUMENT'
    )
  }
  const name = thrown(() => parseIpnsName('k*'))
  expect(name).toMatchObject({ code: 'IPNS_NAME_INVALID', cause: { code: 'PEER_ID_INVALID' } })
  const peer = thrown(() => parsePeerId('k*'))
  expect(peer).toMatchObject({ code: 'PEER_ID_INVALID' })
  for (const text of [base58btc.baseEncode(Uint8Array.of(0, 1)), base16.encode(Uint8Array.of(1, 0x70))]) {
    const error = thrown(() => parsePeerId(text))
    expect(error).toMatchObject({ code: 'PEER_ID_INVALID' })
    expect(error).not.toHaveProperty('cause')
  }
})

test('parseIpnsName accepts only /ipns/ before a name and a slash after it, each once', () => {
  const text = ipnsNameToString(hashed)
  for (const right of [`/ipns/${text}`, `/ipns/${text}/`, `${text}/`]) expect(parseIpnsName(right)).toEqual(hashed)
  for (const wrong of [`/ipfs/${text}`, `ipns/${text}`, `/ipns/ipns/${text}`, `${text}/ipns/`, `/ipns/${text}//`]) {
    expect(codeOf(() => parseIpnsName(wrong))).toBe('IPNS_NAME_INVALID')
  }
})

test('ipnsNameFromKey returns the name after /ipns/, and refuses other types and other prefixes', () => {
  expect(ipnsNameFromKey(ipnsRoutingKey(hashed))).toEqual(hashed)
  for (const value of [undefined, null, 'text', {}]) {
    expect(codeOf(() => ipnsNameFromKey(value as never))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => ipnsRoutingKey(value as never))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => ipnsSigningInput(value as never))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => ipnsSigningInputV1(value as never, utf8('x')))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => ipnsSigningInputV1(utf8('x'), value as never))).toBe('INVALID_ARGUMENT')
    expect(codeOf(() => decodeIpnsRecord(value as never))).toBe('INVALID_ARGUMENT')
  }
  const key = ipnsRoutingKey(hashed)
  for (let at = 0; at < 6; at++) {
    expect(codeOf(() => ipnsNameFromKey(key.with(at, (key[at] as number) ^ 1)))).toBe('RECORD_KEY_INVALID')
  }
  expect(codeOf(() => ipnsNameFromKey(key.subarray(0, 6)))).toBe('PEER_ID_INVALID')
})

test('ipnsSigningInput is ipns-signature: and the data', () => {
  expect(ipnsSigningInput(utf8('data'))).toEqual(utf8('ipns-signature:data'))
  expect(ipnsSigningInput(new Uint8Array(0))).toEqual(utf8('ipns-signature:'))
})

test('ipnsOrder is the sequence, the seconds since the year 0, and the nanoseconds', () => {
  const second = 1_000_000_000n
  const yearZero = 62_167_219_200n
  const order = (validity: bigint, sequence = 0n): number[] => [...ipnsOrder({ sequence, validity })]
  const zeros = (count: number): number[] => Array.from({ length: count }, () => 0)
  expect(order(-yearZero * second)).toEqual(zeros(20))
  expect(order(-yearZero * second + 1n)).toEqual([...zeros(19), 1])
  expect(order((1n - yearZero) * second - 1n)).toEqual([...zeros(16), 0x3b, 0x9a, 0xc9, 0xff])
  expect(order((1n - yearZero) * second)).toEqual([...zeros(15), 1, 0, 0, 0, 0])
  expect(order(0n)).toEqual([...zeros(11), 0x0e, 0x79, 0x74, 0x7c, 0, ...zeros(4)])
  expect(order(-1n)).toEqual([...zeros(11), 0x0e, 0x79, 0x74, 0x7b, 0xff, 0x3b, 0x9a, 0xc9, 0xff])
  expect(order(0n, 0x0102030405060708n).slice(0, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  // the last second of the year 9999
  expect(order(253_402_300_799n * second).slice(8)).toEqual([0, 0, 0, 0x49, 0x79, 0x68, 0xbd, 0x7f, 0, 0, 0, 0])
})

test('ipnsOrder refuses a validity outside the years 0 to 9999, and a sequence of more than 64 bits', () => {
  const second = 1_000_000_000n
  const yearZero = 62_167_219_200n
  for (const validity of [
    -yearZero * second - 1n,
    -(yearZero + 1n) * second,
    253_402_300_800n * second,
    5,
    undefined
  ]) {
    expect(codeOf(() => ipnsOrder({ sequence: 0n, validity: validity as bigint }))).toBe('INVALID_ARGUMENT')
  }
  for (const sequence of [-1n, 1n << 64n, 5, undefined]) {
    expect(codeOf(() => ipnsOrder({ sequence: sequence as bigint, validity: 0n }))).toBe('INVALID_ARGUMENT')
  }
  expect(codeOf(() => ipnsOrder(undefined as never))).toBe('INVALID_ARGUMENT')
  expect(codeOf(() => ipnsOrder(null as never))).toBe('INVALID_ARGUMENT')
})
