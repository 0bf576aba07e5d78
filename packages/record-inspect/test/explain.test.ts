import { compareValues, createEngine, explainBytes, explainText, recordKeyOf } from '@recordkit/record-inspect'
import type { Explanation } from '@recordkit/record-inspect'
import { base64 } from '@recordkit/record-inspect/text'
import { ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { generateKeyPair } from '@recordkit/record-crypto'
import { toHex } from '@recordkit/record-types/internal'
import { expect, test } from 'vitest'
import { hour, now, testRecords } from './test-records.ts'

const records = await testRecords()
const engine = createEngine(() => now)
const context = { engine, now, name: records.name }

const stepsOf = ({ steps }: Explanation): string =>
  steps
    .map(({ name, status, refusal }) => (status === 'failed' ? `${name} ${refusal?.code}` : `${name} ${status}`))
    .join(', ')

const passedUntil = (failed: string): RegExp => new RegExp(`^(?:[a-z-]+ passed, )*${failed}(?:, [a-z-]+ unknown)*$`)

test('a valid record passes every step, and is in normal form', async () => {
  const explanation = await explainBytes(records.value, context)
  expect(explanation.steps.every(({ status }) => status === 'passed')).toBe(true)
  expect(explanation.steps.at(-1)?.note).toBe('these bytes are the normal form')
  const variant = Uint8Array.of(...records.value, 0x98, 1, 1)
  expect((await explainBytes(variant, context)).steps.at(-1)?.note).toMatch(
    /^another encoding of the record: \d+ bytes/
  )
})

test('the step that refuses a record is named with its code', async () => {
  const expired = await records.ipns(1n, { validity: now - hour })
  expect(stepsOf(await explainBytes(expired, context))).toMatch(passedUntil('time EXPIRED'))
  const { layout } = await explainBytes(records.value, context)
  const signature = layout.ranges.find(({ name }) => name === 'signatureV2')?.contentStart ?? 0
  const forged = records.value.slice()
  forged[signature] = (forged[signature] as number) ^ 1
  expect(stepsOf(await explainBytes(forged, context))).toMatch(passedUntil('signature SIGNATURE_[A-Z]+'))
  const { peerId: other } = await generateKeyPair()
  expect(stepsOf(await explainBytes(records.value, { ...context, name: other }))).toMatch(
    passedUntil('signature SIGNATURE_INVALID')
  )
  const value = layout.ranges.find(({ name }) => name === 'value')?.contentStart ?? 0
  const copied = records.value.slice()
  copied[value + 1] = 0x78
  expect(stepsOf(await explainBytes(copied, context))).toMatch(passedUntil('decoding IPNS_MISMATCH'))
  const large = new Uint8Array(10_300)
  large.set(records.value)
  expect((await explainBytes(large, context)).inspection.status).not.toBe('accept')
  const elsewhere = await records.signed({ key: joinRecordKey('config', `${await otherName()}/app`) })
  expect(stepsOf(await explainBytes(elsewhere, { engine, now }))).toMatch(passedUntil('binding AUTHOR_FORBIDDEN'))
  const early = await records.signed({ issued: now + hour, expires: now + 2n * hour })
  expect(stepsOf(await explainBytes(early, { engine, now }))).toMatch(passedUntil('time ISSUED_IN_FUTURE'))
  expect(stepsOf(await explainBytes(await records.signed(), { ...context, name: other }))).toMatch(
    passedUntil('binding AUTHOR_FORBIDDEN')
  )
})

async function otherName(): Promise<string> {
  const { nameText } = await testRecords()
  return nameText
}

test('without a name, only size and decoding of an IPNS record are judged', async () => {
  const { steps, record } = await explainBytes(records.value, { engine, now })
  expect(record).toBeUndefined()
  expect(steps.filter(({ status }) => status === 'passed').map(({ name }) => name)).toEqual(['size', 'decoding'])
  expect(steps[0]?.note).toMatch(/pass its name/)
})

test('times are those of signed fields and of receipt, in order', async () => {
  const { times } = await explainBytes(records.dhtRecord, { engine, now })
  expect(times.map(({ name, time }) => [name, time])).toEqual([
    ['received', now - hour],
    ['expires', now + 24n * hour]
  ])
  const signed = await explainBytes(await records.signed(), { engine, now })
  expect(signed.times.map(({ name }) => name)).toEqual(['issued', 'expires'])
})

test('the record in a DHT message goes through the steps under its key', async () => {
  const { steps, record } = await explainBytes(records.dhtRecord, { engine, now })
  expect(record?.key).toEqual(records.key)
  expect(steps.every(({ status }) => status === 'passed')).toBe(true)
})

test('keys and unknown bytes have no steps', async () => {
  for (const bytes of [Uint8Array.of(255, 1), new TextEncoder().encode(records.nameText), new Uint8Array(0)])
    expect((await explainBytes(bytes, { engine, now })).steps).toEqual([])
})

test.each([
  ['hexadecimal', (bytes: Uint8Array) => toHex(bytes)],
  ['hexadecimal', (bytes: Uint8Array) => `0x${toHex(bytes).toUpperCase().replaceAll(/(..)/g, '$1 ')}\n`],
  ['base64', base64],
  ['base64', (bytes: Uint8Array) => `"${base64(bytes).replaceAll(/(.{64})/g, '$1\n')}"`],
  ['base64url', (bytes: Uint8Array) => base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')],
  ['multibase', (bytes: Uint8Array) => `m${base64(bytes).replace(/=+$/, '')}`],
  ['multibase', (bytes: Uint8Array) => `M${base64(bytes)}`],
  [
    'multibase',
    (bytes: Uint8Array) => `u${base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`
  ],
  ['multibase', (bytes: Uint8Array) => `f${toHex(bytes)}`]
])('a record is recognized in %s', async (encoding, encode) => {
  // bytes whose base64 contains + or /, for the encodings that differ there
  let value = records.value
  while (!/[+/]/.test(base64(value))) value = await records.ipns(8n)
  const explanation = await explainText(encode(value), context)
  expect([explanation.inspection.kind, explanation.encoding]).toEqual(['ipns-record', encoding])
  expect(explanation.bytes).toEqual(value)
})

test('text of no encoding is one sentence', async () => {
  await expect(explainText('', context)).rejects.toThrow('the input is empty')
  await expect(explainText(' \n', context)).rejects.toThrow('the input is empty')
  await expect(explainText('<img src=x onerror=alert(1)>', context)).rejects.toThrow(
    'the text is not hexadecimal, base64 or multibase: the character "<" at position 1 is in none of them'
  )
  await expect(explainText('abcde', context)).rejects.toThrow(/it is cut off, or characters are missing/)
  await expect(explainText('x'.repeat(13_000_000), context)).rejects.toThrow(
    /^the text has 13000000 characters; the limit is/
  )
  expect((await explainText('ff01', context)).inspection).toMatchObject({ kind: 'unknown' })
  expect((await explainText(records.nameText, context)).inspection).toMatchObject({ kind: 'peer-id' })
})

test('the rule that decides between two records is named', async () => {
  const compare = (a: Uint8Array, b: Uint8Array) => compareValues(engine, records.key, a, b)
  const [older, newer, longer] = [
    records.value,
    await records.ipns(8n),
    await records.ipns(7n, { validity: now + 48n * hour })
  ]
  expect(await compare(older, newer)).toMatchObject({
    winner: 'b',
    reason: 'its sequence is higher: 8 instead of 7',
    rules: [
      { rule: 'valid', prefers: 'neither' },
      { rule: 'sequence', a: '7', b: '8', prefers: 'b' }
    ]
  })
  expect((await compare(longer, older)).rules.at(-1)).toMatchObject({ rule: 'validity', prefers: 'a' })
  expect(await compare(older, older)).toMatchObject({ winner: 'same' })
  const other = await records.ipns(7n, { value: '/ipfs/bafkqaab' })
  expect((await compare(older, other)).rules.at(-1)).toMatchObject({ rule: 'identity' })
  const expired = await records.ipns(9n, { validity: now - hour })
  expect(await compare(expired, older)).toMatchObject({
    winner: 'b',
    rules: [{ rule: 'valid', a: 'EXPIRED', b: 'valid' }]
  })
  expect(await compare(expired, Uint8Array.of(1))).toMatchObject({ winner: 'none', b: { record: undefined } })
})

test('a revocation wins, and the same signed content in another encoding is the same record', async () => {
  const compare = (a: Uint8Array, b: Uint8Array) => compareValues(engine, records.signedKey, a, b)
  const revocation = await records.signed({ sequence: 1n, revoked: true })
  expect((await compare(await records.signed(), revocation)).rules.at(-1)).toMatchObject({
    rule: 'revocation',
    prefers: 'b'
  })
  const value = await records.signed()
  expect(await compare(value, Uint8Array.of(...value, 0x98, 1, 1))).toMatchObject({ winner: 'same' })
})

test('the key of a value is found where the value contains it', async () => {
  expect(recordKeyOf(await records.signed())).toEqual(records.signedKey)
  expect(recordKeyOf(records.value)).toBeUndefined()
  expect(recordKeyOf(records.envelope)).toBeUndefined()
  expect(recordKeyOf(Uint8Array.of(1))).toBeUndefined()
  expect(ipnsRoutingKey(records.name)).toEqual(records.key)
})
