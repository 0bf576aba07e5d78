import { generateKeyPair } from '@libp2p/crypto/keys'
import { Libp2pRecord } from '@libp2p/record'
import { decodeIpnsRecord, decodeRecord, encodeRecord, ipnsNameFromKey } from '@recordkit/record-codec'
import { encodeIpnsValue, ipnsRoutingKey, ipnsValueToString, parseTime } from '@recordkit/record-codec'
import { createIpnsRecord, importPrivateKey, openIpnsRecord } from '@recordkit/record-crypto'
import { rsa, rsaKeys } from '@recordkit/record-crypto/rsa'
import { dateFromTime, isRefusal, timeFromDate } from '@recordkit/record-types'
import { ipns, selectRecord, ValidationEngine } from '@recordkit/record-validators'
import {
  createIPNSRecord,
  createIPNSRecordWithExpiration,
  extractPublicKeyFromIPNSRecord,
  marshalIPNSRecord,
  multihashFromIPNSRoutingKey,
  multihashToIPNSRoutingKey,
  unmarshalIPNSRecord
} from 'ipns'
import { ipnsSelector } from 'ipns/selector'
import { ipnsValidator, validate, validFor } from 'ipns/validator'
import { CID } from 'multiformats/cid'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { root } from './packages.ts'

const path = '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
const cid = CID.parse('bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')
const sequence = 7n
const expiration = '2100-01-01T00:00:00.123456789Z'
const key = new TextEncoder().encode('/config/x')
const value = new TextEncoder().encode('hello')
const date = new Date(1_700_000_000_123)
const engine = new ValidationEngine([ipns()])

const privateKey = await generateKeyPair('Ed25519')
const multihash = privateKey.publicKey.toMultihash()
const signer = await importPrivateKey(privateKey)
const name = signer.peerId
const routingKey = ipnsRoutingKey(name)
let bytes: Uint8Array

beforeAll(async () => {
  bytes = await createIpnsRecord({ value: path, sequence, validity: parseTime(expiration) }, { signer })
})

test('an imported private key has the same peer ID', () => {
  expect(name).toEqual(multihash.bytes)
})

test('createIPNSRecordWithExpiration and createIpnsRecord make the same bytes', async () => {
  const old = marshalIPNSRecord(await createIPNSRecordWithExpiration(privateKey, path, sequence, expiration))
  expect(bytes).toEqual(old)
})

test('a time without a fraction is shorter here, and both read it as the same instant', async () => {
  const whole = '2100-01-01T00:00:00.000000000Z'
  const old = marshalIPNSRecord(await createIPNSRecordWithExpiration(privateKey, path, sequence, whole))
  const made = await createIpnsRecord({ value: path, sequence, validity: parseTime(whole) }, { signer })
  expect(unmarshalIPNSRecord(made).validity).toBe('2100-01-01T00:00:00Z')
  expect(decodeIpnsRecord(old).validity).toBe(decodeIpnsRecord(made).validity)
  expect(made.length).toBeLessThan(old.length)
  await ipnsValidator(routingKey, made)
  expect(isRefusal(await engine.validate(routingKey, old))).toBe(false)
})

test('createIPNSRecord with a lifetime is createIpnsRecord with a validity', async () => {
  const lifetime = 3_600_000
  const before = Date.now()
  const old = await createIPNSRecord(privateKey, path, sequence, lifetime)
  const after = Date.now()
  const validity = timeFromDate(new Date(Date.now() + lifetime))
  const made = decodeIpnsRecord(await createIpnsRecord({ value: path, sequence, validity }, { signer }))
  const oldValidity = Date.parse(old.validity)
  expect(oldValidity).toBeGreaterThanOrEqual(before + lifetime)
  expect(oldValidity).toBeLessThanOrEqual(after + lifetime)
  expect(made.validity).toBeGreaterThanOrEqual(timeFromDate(new Date(oldValidity)))
  expect(made.ttl).toBe(old.ttl)
})

test('both write a record of the second version only', async () => {
  const old = await createIPNSRecordWithExpiration(privateKey, path, sequence, expiration, { v1Compatible: false })
  const validity = parseTime(expiration)
  const made = await createIpnsRecord({ value: path, sequence, validity }, { signer, v1Compatible: false })
  expect(made).toEqual(marshalIPNSRecord(old))
})

test('both write a CID as a path', async () => {
  const old = await createIPNSRecordWithExpiration(privateKey, cid, sequence, expiration)
  const validity = parseTime(expiration)
  const made = await createIpnsRecord({ value: encodeIpnsValue(cid), sequence, validity }, { signer })
  expect(ipnsValueToString(decodeIpnsRecord(made).value)).toBe(old.value)
})

test('unmarshalIPNSRecord and decodeIpnsRecord read the same fields', () => {
  const old = unmarshalIPNSRecord(bytes)
  const record = decodeIpnsRecord(bytes)
  expect(ipnsValueToString(record.value)).toBe(old.value)
  expect(record.sequence).toBe(old.sequence)
  expect(record.ttl).toBe(old.ttl)
  expect(record.validity).toBe(parseTime(old.validity))
  expect(record.signatureV2).toEqual(old.signatureV2)
})

test('validate and openIpnsRecord verify a record with the key of its name', async () => {
  await validate(privateKey.publicKey, bytes)
  const { content } = await openIpnsRecord(bytes, { name })
  expect(ipnsValueToString(content.value)).toBe(path)
  const other = await generateKeyPair('Ed25519')
  await expect(validate(other.publicKey, bytes)).rejects.toThrow()
  await expect(openIpnsRecord(bytes, { name: other.publicKey.toMultihash().bytes })).rejects.toMatchObject({
    code: 'SIGNATURE_INVALID'
  })
})

test('ipnsValidator throws where the engine returns a refusal', async () => {
  await ipnsValidator(routingKey, bytes)
  const result = await engine.validate(routingKey, bytes)
  expect(isRefusal(result)).toBe(false)
  const changed = bytes.slice()
  changed[changed.length - 1]! ^= 1
  await expect(ipnsValidator(routingKey, changed)).rejects.toThrow()
  expect(isRefusal(await engine.validate(routingKey, changed))).toBe(true)
})

test('ipnsSelector and selectRecord choose the same record', async () => {
  const validity = parseTime(expiration)
  const later = await createIpnsRecord({ value: path, sequence: 8n, validity }, { signer })
  const longer = await createIpnsRecord({ value: path, sequence: 8n, validity: validity + 10n ** 9n }, { signer })
  for (const values of [
    [bytes, later, longer],
    [longer, later, bytes],
    [later, bytes]
  ]) {
    const { ranked } = selectRecord(engine, routingKey, values)
    expect(ranked[0]?.index).toBe(ipnsSelector(routingKey, values))
  }
})

test('both make the same routing key, and read the name in it', () => {
  expect(ipnsRoutingKey(name)).toEqual(multihashToIPNSRoutingKey(multihash))
  expect(ipnsNameFromKey(routingKey)).toEqual(multihashFromIPNSRoutingKey(routingKey).bytes)
})

test('both return the embedded key of an RSA record', async () => {
  const rsaKey = await generateKeyPair('RSA', 2048)
  const rsaSigner = await importPrivateKey(rsaKey, { algorithms: [rsaKeys] })
  const validity = parseTime(expiration)
  const record = await createIpnsRecord({ value: path, sequence, validity }, { signer: rsaSigner })
  const old = extractPublicKeyFromIPNSRecord(unmarshalIPNSRecord(record))
  expect(old?.equals(rsaKey.publicKey)).toBe(true)
  const rsaEngine = new ValidationEngine([ipns({ algorithms: [rsa] })])
  const rsaRoutingKey = ipnsRoutingKey(rsaSigner.peerId)
  await ipnsValidator(rsaRoutingKey, record)
  const result = await rsaEngine.validate(rsaRoutingKey, record)
  expect(isRefusal(result) ? result : result.author).toEqual(old?.toMultihash().bytes)
})

test('both compute how long a record is valid', () => {
  const old = validFor(unmarshalIPNSRecord(bytes))
  const { validity } = decodeIpnsRecord(bytes)
  const remaining = dateFromTime(validity).getTime() - Date.now()
  expect(Math.abs(old - remaining)).toBeLessThan(60_000)
})

test('both encode and decode a record of the DHT', () => {
  const old = new Libp2pRecord(key, value, date).serialize()
  const made = encodeRecord({ key, value, timeReceived: timeFromDate(date) })
  const oldRecord = Libp2pRecord.deserialize(made)
  const record = decodeRecord(old)
  expect([record.key, record.value]).toEqual([oldRecord.key, oldRecord.value])
  expect(dateFromTime(record.timeReceived ?? 0n)).toEqual(oldRecord.timeReceived)
})

test('every call in the table of the guide occurs in this file', () => {
  const guide = readFileSync(join(root, 'docs/guides/moving-from-ipns.md'), 'utf8')
  // joined lines and removed spaces: the formatter breaks calls
  const code = readFileSync(import.meta.filename, 'utf8').replaceAll(/\s+/g, '')
  const rows = guide.split('\n').filter((line) => line.startsWith('| `'))
  const calls = rows.flatMap((row) => [...row.matchAll(/`([^`…]*\([^`…]*)`/g)].map(([, call]) => call as string))
  expect(calls.length).toBeGreaterThan(20)
  expect(calls.filter((call) => !code.includes(call.replaceAll(/\s+/g, '')))).toEqual([])
})

test('the guide imports every function of the right column of its table', () => {
  const guide = readFileSync(join(root, 'docs/guides/moving-from-ipns.md'), 'utf8')
  const [, imports = ''] = /```ts\n([\s\S]*?)```/.exec(guide) ?? []
  const cells = guide.split('\n').flatMap((line) => (line.startsWith('| ') ? (line.split(' | ')[1] ?? '') : []))
  const called = cells.flatMap((cell) =>
    [...cell.matchAll(/(?<![.\w])([a-z]\w+)\(/g)].map(([, name]) => name as string)
  )
  expect(called.length).toBeGreaterThan(15)
  expect(called.filter((name) => !new RegExp(`\\b${name}\\b`).test(imports))).toEqual([])
})
