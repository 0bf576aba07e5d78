import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePublicKey } from '@recordkit/record-codec'
import { createIpnsRecord, exportPrivateKey } from '@recordkit/record-crypto'
import { exportEncryptedPrivateKeyPem } from '@recordkit/record-crypto/pem'
import { generateRsaKeyPair } from '@recordkit/record-crypto/rsa'
import { toHex } from '@recordkit/record-types/internal'
import { changedBytes } from '@recordkit/testing/changed-bytes'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEngine } from '@recordkit/record-inspect'
import { inspectBytes } from '@recordkit/record-inspect'
import { jsonText } from '../src/output.ts'
import { runCommand, temporaryDirectory } from './run-command.ts'
import { testRecords } from './test-records.ts'

const records = await testRecords()
const hour = 3_600_000_000_000n
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

async function inspect(input: Uint8Array | string, ...args: string[]): Promise<Record<string, unknown>> {
  return (await runCommand(['inspect', '--json', ...args], { input })).json()
}

test('an IPNS record is shown with every field, the signed bytes and the verdict', async () => {
  const file = join(temporaryDirectory(), 'a.ipns-record')
  writeFileSync(file, records.value)
  const { status, output, json } = await runCommand(['inspect', file, '--name', records.name, '--json'])
  expect(status).toBe(0)
  const shown = json()
  expect(shown).toMatchObject({
    kind: 'ipns-record',
    name: records.name,
    value: '/ipfs/bafkqaaa',
    sequence: 7,
    ttl: 300_000_000_000,
    publicKey: null,
    status: 'accept',
    code: null,
    message: null,
    size: records.value.length
  })
  expect(Object.keys(shown)).toEqual(
    expect.arrayContaining(['validity', 'timeLeft', 'signatureV1', 'signatureV2', 'signed', 'extra'])
  )
  const { offset, length } = shown['signed'] as { offset: number; length: number }
  expect(records.value.subarray(offset, offset + length)[0]).toBe(0xa5)
  expect(output.endsWith('}\n')).toBe(true)
})

test('hexadecimal and base64 text are decoded, with white space and prefixes', async () => {
  for (const [text, option] of [
    [`0x${toHex(records.value)}\n`, '--hex'],
    [
      toHex(records.value)
        .toUpperCase()
        .replaceAll(/(.{60})/g, '$1\n'),
      '--hex'
    ],
    [base64(records.value), '--base64'],
    [`u${Buffer.from(records.value).toString('base64url')}`, '--base64']
  ] as const)
    expect(await inspect(text, option, '--name', records.name), text.slice(0, 9)).toMatchObject({ status: 'accept' })
})

test('a sequence above 2^53 is text', async () => {
  expect(await inspect(await records.ipns(2n ** 62n))).toMatchObject({ sequence: String(2n ** 62n) })
  expect(await inspect(await records.ipns(2n ** 53n - 1n))).toMatchObject({ sequence: 2 ** 53 - 1 })
})

test('without a name a record is unverified, unless it contains its key', async () => {
  expect(await inspect(records.value)).toMatchObject({ name: null, status: 'unverified', code: 'PUBLIC_KEY_NOT_FOUND' })
  const signer = await generateRsaKeyPair()
  const validity = BigInt(Date.now()) * 1_000_000n + hour
  const value = await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 1n, validity, ttl: 0n }, { signer })
  expect(await inspect(value)).toMatchObject({ status: 'accept', name: expect.stringMatching(/^k/) as string })
})

test('refused records have a status, a code and a sentence, and the exit status 1', async () => {
  const other = (await testRecords()).name
  const damaged = new Uint8Array(records.value)
  damaged[30]! ^= 1
  const cases: [Uint8Array, string, object][] = [
    [await records.ipns(1n, 1n), records.name, { status: 'ignore', code: 'EXPIRED' }],
    [records.value, other, { status: 'reject', code: 'SIGNATURE_INVALID' }]
  ]
  for (const [input, name, expected] of cases) {
    const { status, json } = await runCommand(['inspect', '--json', '--name', name], { input })
    expect([status, json()]).toEqual([1, expect.objectContaining({ kind: 'ipns-record', ...expected })])
  }
  const text = await runCommand(['inspect', '--name', records.name], { input: await records.ipns(1n, 1n) })
  expect(text.output).toMatch(/status +ignore/)
})

test('an IPNS record that violates its format is named, with the reason', async () => {
  const cut = records.value.slice()
  // the CBOR map has one entry less than it says
  const { signed } = (await inspect(records.value)) as { signed: { offset: number } }
  cut[signed.offset] = 0xa6
  expect(await inspect(cut, '--name', records.name)).toMatchObject({
    kind: 'ipns-record',
    code: expect.stringMatching(/^(?:CBOR|IPNS)_/) as string
  })
})

test.each([
  ['dht-record', records.dhtRecord, 'accept'],
  ['peer-record', records.peerRecord, 'accept'],
  ['signed-record', await records.signed(1n), 'accept'],
  ['envelope', records.envelope, 'unverified'],
  ['public-key', encodePublicKey(records.signer.publicKey), 'accept'],
  ['private-key', exportPrivateKey(records.signer), 'accept'],
  ['peer-id', new TextEncoder().encode(`${records.name}\n`), 'accept'],
  // GET_VALUE of a name, with its length before it
  ['dht-message', Uint8Array.of(10, 8, 1, 18, 6, ...new TextEncoder().encode('/toy/x')), 'accept']
])('a %s is recognized', async (kind, input, status) => {
  expect(await inspect(input)).toMatchObject({ kind, status })
})

test('the value in a DHT record is explained under its key', async () => {
  expect(await inspect(records.dhtRecord)).toMatchObject({
    key: `/ipns/${records.name}`,
    value: { kind: 'ipns-record', value: '/ipfs/bafkqaaa' }
  })
})

test('an envelope is verified for the domain that is passed', async () => {
  expect(await inspect(records.envelope, '--domain', 'example')).toMatchObject({ status: 'accept' })
  expect(await inspect(records.envelope, '--domain', 'other')).toMatchObject({ code: 'SIGNATURE_INVALID' })
})

test('a private key is never shown', async () => {
  const secret = exportPrivateKey(records.signer)
  const text = JSON.stringify(await inspect(secret)) + (await runCommand(['inspect'], { input: secret })).output
  expect(text).not.toContain(base64(records.signer.privateKey.data.subarray(0, 30)).slice(0, 20))
  const encrypted = await exportEncryptedPrivateKeyPem(records.signer, { passphrase: 'x' })
  expect(await inspect(encrypted)).toMatchObject({ kind: 'private-key', encrypted: true, status: 'unverified' })
})

test('bytes of no format are refused with a sentence, and --kind says why', async () => {
  const garbage = await runCommand(['inspect'], { input: Uint8Array.of(255, 1, 2) })
  expect([garbage.status, garbage.output]).toEqual([1, ''])
  expect(garbage.notes).toMatch(/^recordkit: the bytes are in no format that is known; .* \(3 bytes\)\n$/)
  expect(await inspect('')).toMatchObject({ kind: 'unknown', code: 'UNKNOWN_FORMAT', message: 'the input is empty' })
  const why = await runCommand(['inspect', '--kind', 'ipns-record', '--json'], { input: Uint8Array.of(255, 1, 2) })
  expect([why.status, why.json()]).toEqual([
    1,
    expect.objectContaining({ status: 'error', code: 'PROTOBUF_WIRE_TYPE' })
  ])
})

test('an input that is too large, missing or a directory is one sentence', async () => {
  const large = await runCommand(['inspect'], { input: new Uint8Array(9_000_000) })
  expect([large.status, large.notes]).toEqual([1, 'recordkit: the input is larger than 8388624 bytes\n'])
  const missing = await runCommand(['inspect', '/does/not/exist'])
  expect([missing.status, missing.notes]).toEqual([3, 'recordkit: cannot read /does/not/exist: it does not exist\n'])
  const folder = await runCommand(['inspect', temporaryDirectory()])
  expect([folder.status, folder.notes]).toEqual([3, expect.stringMatching(/it is a directory\n$/)])
  expect((await runCommand(['inspect'], { isInputTerminal: true })).status).toBe(2)
})

test('text from a record cannot control the terminal', async () => {
  const validity = BigInt(Date.now()) * 1_000_000n + hour
  const value = new TextEncoder().encode('/ipfs/\u001B[2J\u202E\n')
  const record = await createIpnsRecord({ value, sequence: 1n, validity, ttl: 0n }, { signer: records.signer })
  const { output } = await runCommand(['inspect'], { input: record })
  expect(output).toContain('/ipfs/\\u{1b}[2J\\u{202e}\\u{a}')
})

test('random, cut and changed bytes never crash', async () => {
  const base = [
    records.value,
    records.dhtRecord,
    records.peerRecord,
    records.envelope,
    exportPrivateKey(records.signer)
  ]
  const mutated = changedBytes(base)
  const context = { engine: createEngine(), now: 1_800_000_000_000_000_000n }
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), async (input) => {
      const shown = await inspectBytes(input, context)
      expect(['accept', 'ignore', 'reject', 'unverified']).toContain(shown.status)
      expect(() => jsonText(shown)).not.toThrow()
    }),
    { numRuns: 300 }
  )
})
