import {
  createIpnsRecord,
  keyPairFromSeed,
  openIpnsRecord,
  openSignedRecord,
  sealSignedRecord
} from '@recordkit/record-crypto'
import { expect, test } from 'vitest'

const now = 1_790_000_000_000_000_000n

test('bytes of a value that the caller overwrites while an IPNS record is made are not in the record', async () => {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
  const value = new TextEncoder().encode('/ipfs/bafkqaaa')
  const creating = createIpnsRecord({ value, sequence: 1n, validity: now }, { signer, now })
  value.fill(0x2f)
  const { content } = await openIpnsRecord(await creating, { name: signer.peerId, now })
  expect(new TextDecoder().decode(content.value)).toBe('/ipfs/bafkqaaa')
  expect(content.signatureV1).toBeDefined()
})

test('bytes that the caller overwrites while a record is opened are not in the result', async () => {
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
  const record = {
    key: new TextEncoder().encode('/config/x'),
    content: new Uint8Array(9).fill(7),
    sequence: 1n,
    issued: now,
    expires: now + 1n,
    ttl: 0n,
    revoked: false
  }
  const value = await sealSignedRecord(record, { signer, now })
  const buffer = value.slice()
  const opening = openSignedRecord(buffer)
  buffer.fill(0)
  const opened = await opening
  expect(opened.value).toEqual(value)
  expect(opened.content.content).toEqual(record.content)

  const ipns = { value: '/ipfs/bafkqaaa', sequence: 1n, validity: now }
  const entry = await createIpnsRecord(ipns, { signer, now: 0n, v1Compatible: false })
  const [entryBuffer, name] = [entry.slice(), signer.peerId.slice()]
  const openingEntry = openIpnsRecord(entryBuffer, { name, now })
  entryBuffer.fill(0)
  name.fill(0)
  const { author, content, value: verified } = await openingEntry
  expect(verified).toEqual(entry)
  expect(author).toEqual(signer.peerId)
  expect(new TextDecoder().decode(content.value)).toBe('/ipfs/bafkqaaa')
})
