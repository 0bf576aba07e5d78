import { ipnsNameToString, joinRecordKey, parsePeerId, peerIdToString } from '@recordkit/record-codec'
import { generateKeyPair, sealSignedRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { compareBytes } from '@recordkit/record-types'
import { minute } from '@recordkit/testing'
import type { AuthorPolicy, Refusal, VerifiedRecord } from '@recordkit/record-types'
import {
  anyAuthor,
  exceptAuthors,
  onlyAuthors,
  ownerInKey,
  ownerOf,
  signed,
  ValidationEngine
} from '@recordkit/record-validators'
import { describe, expect, test } from 'vitest'

const now = 1_790_000_000_000_000_000n
const content = new TextEncoder().encode('green')

type RecordFields = Partial<Parameters<typeof sealSignedRecord>[0]>

function keyOwnedBy({ peerId }: KeyPair, path = 'app'): Uint8Array {
  return joinRecordKey('config', `${ipnsNameToString(peerId)}/${path}`)
}

async function sealRecord(signer: KeyPair, key: Uint8Array, fields: RecordFields = {}): Promise<Uint8Array> {
  const record = {
    key,
    content,
    sequence: 1n,
    issued: now,
    expires: now + minute,
    ttl: 0n,
    revoked: false,
    ...fields
  }
  return sealSignedRecord(record, { signer, now: 0n })
}

async function validate(authors: AuthorPolicy, key: Uint8Array, value: Uint8Array): Promise<VerifiedRecord | Refusal> {
  return new ValidationEngine([signed('config', { authors })], { clock: () => now }).validate(key, value)
}

test('signed accepts a record of the owner that its key names', async () => {
  const owner = await generateKeyPair()
  const key = keyOwnedBy(owner)
  expect(await validate(ownerInKey(), key, await sealRecord(owner, key))).toMatchObject({
    status: 'accept',
    until: now + minute
  })
})

test('signed refuses a record whose key names another owner', async () => {
  const [owner, other] = await Promise.all([generateKeyPair(), generateKeyPair()])
  const key = keyOwnedBy(owner)
  expect(await validate(ownerInKey(), key, await sealRecord(other, key))).toMatchObject({
    status: 'ignore',
    code: 'AUTHOR_FORBIDDEN'
  })
})

test('signed refuses a record that was signed for another record key', async () => {
  const owner = await generateKeyPair()
  const record = await sealRecord(owner, keyOwnedBy(owner, 'app'))
  expect(await validate(ownerInKey(), keyOwnedBy(owner, 'other'), record)).toMatchObject({
    status: 'ignore',
    code: 'KEY_MISMATCH'
  })
})

test('signed refuses a record in which any single bit is flipped', async () => {
  const owner = await generateKeyPair()
  const key = keyOwnedBy(owner)
  const record = await sealRecord(owner, key)
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })], { clock: () => now })
  for (let bit = 0; bit < record.length * 8; bit++) {
    const flipped = record.slice()
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const { status, code } = (await engine.validate(key, flipped)) as Refusal
    expect(status, `bit ${bit}: ${code}`).toBe(code === 'SIGNATURE_INVALID' ? 'reject' : 'ignore')
  }
})

describe('the times of a signed record', () => {
  test('accepts a record issued within the clock skew, and ignores one issued further in the future', async () => {
    const owner = await generateKeyPair()
    const key = keyOwnedBy(owner)
    const ahead = await sealRecord(owner, key, { issued: now + 5n * minute, expires: now + 6n * minute })
    const beyond = await sealRecord(owner, key, { issued: now + 5n * minute + 1n, expires: now + 6n * minute })
    expect(await validate(ownerInKey(), key, ahead)).toMatchObject({ status: 'accept' })
    expect(await validate(ownerInKey(), key, beyond)).toMatchObject({
      status: 'ignore',
      code: 'ISSUED_IN_FUTURE',
      message: 'record was issued at 2026-09-21T14:18:20.000Z, 301 s ahead of this clock; the limit is 300 s'
    })
  })

  test('ignores a sequence ahead of the current time where several authors share a key, unless it is allowed', async () => {
    const author = await generateKeyPair()
    const key = joinRecordKey('config', 'shared')
    const latest = (now + 5n * minute) / 1_000_000n
    const last = (1n << 64n) - 1n
    const ignored = { status: 'ignore', code: 'ISSUED_IN_FUTURE' }
    for (const authors of [anyAuthor(), onlyAuthors([author.peerId]), exceptAuthors(anyAuthor(), [])]) {
      const of = (sequence: bigint): Promise<Uint8Array> => sealRecord(author, key, { sequence })
      for (const sequence of [0n, latest])
        expect(await validate(authors, key, await of(sequence))).toMatchObject({ status: 'accept' })
      for (const sequence of [latest + 1n, last])
        expect(await validate(authors, key, await of(sequence))).toMatchObject(ignored)
      const lenient = signed('config', { authors, futureSequences: true })
      const engine = new ValidationEngine([lenient], { clock: () => now })
      expect(await engine.validate(key, await of(last))).toMatchObject({ status: 'accept' })
    }
    const own = keyOwnedBy(author)
    const record = await sealRecord(author, own, { sequence: last })
    expect(await validate(ownerInKey(), own, record)).toMatchObject({ status: 'accept' })
  })

  test('ignores a record that has expired, and names the time in seconds or hours', async () => {
    const owner = await generateKeyPair()
    const key = keyOwnedBy(owner)
    const record = await sealRecord(owner, key, { issued: now - minute, expires: now - 1n })
    expect(await validate(ownerInKey(), key, record)).toMatchObject({
      status: 'ignore',
      code: 'EXPIRED',
      message: 'record expired at 2026-09-21T14:13:19.999Z, 1 s ago'
    })
    const old = await sealRecord(owner, key, { issued: now - 181n * minute, expires: now - 180n * minute })
    expect(await validate(ownerInKey(), key, old)).toMatchObject({
      message: 'record expired at 2026-09-21T11:13:20.000Z, 3.0 h ago'
    })
  })
})

describe('author policies', () => {
  test('onlyAuthors accepts its authors, passed as names or peer IDs, and refuses others', async () => {
    const [first, second, third] = await Promise.all([generateKeyPair(), generateKeyPair(), generateKeyPair()])
    const authors = onlyAuthors([ipnsNameToString(first.peerId), second.peerId])
    const key = joinRecordKey('config', 'shared')
    expect(await validate(authors, key, await sealRecord(first, key))).toMatchObject({ status: 'accept' })
    expect(await validate(authors, key, await sealRecord(second, key))).toMatchObject({ status: 'accept' })
    expect(await validate(authors, key, await sealRecord(third, key))).toMatchObject({ code: 'AUTHOR_FORBIDDEN' })
  })

  test('exceptAuthors refuses the denied authors, and anyAuthor accepts all others', async () => {
    const [author, denied] = await Promise.all([generateKeyPair(), generateKeyPair()])
    const authors = exceptAuthors(anyAuthor(), [denied.peerId])
    const key = joinRecordKey('config', 'wall')
    expect(await validate(authors, key, await sealRecord(author, key))).toMatchObject({ status: 'accept' })
    expect(await validate(authors, key, await sealRecord(denied, key))).toMatchObject({
      status: 'ignore',
      code: 'AUTHOR_DENIED'
    })
  })

  test('ownerInKey and ownerOf refuse every spelling of an owner but its name in base36', async () => {
    const owner = await generateKeyPair()
    expect(parsePeerId(peerIdToString(owner.peerId))).toEqual(owner.peerId)
    const name = ipnsNameToString(owner.peerId)
    // decoders of text remove a byte order mark by default
    for (const spelling of [peerIdToString(owner.peerId), name.toUpperCase(), `\uFEFF${name}`, `${name} `, '']) {
      const key = joinRecordKey('config', `${spelling}/app`)
      expect(await validate(ownerInKey(), key, await sealRecord(owner, key)), spelling).toMatchObject({
        status: 'ignore',
        code: 'AUTHOR_FORBIDDEN'
      })
      expect(() => ownerOf(key), spelling).toThrow(expect.objectContaining({ code: 'IPNS_NAME_INVALID' }))
    }
  })
})

describe('revocation of a signed record', () => {
  test('is accepted where the key names its owner', async () => {
    const owner = await generateKeyPair()
    const key = keyOwnedBy(owner)
    const record = await sealRecord(owner, key, { revoked: true, content: new Uint8Array() })
    expect(await validate(ownerInKey(), key, record)).toMatchObject({ status: 'accept' })
  })

  test('does not expire', async () => {
    const owner = await generateKeyPair()
    const key = keyOwnedBy(owner)
    const fields = { issued: now - minute, expires: now - 1n, revoked: true, content: new Uint8Array() }
    const result = await validate(ownerInKey(), key, await sealRecord(owner, key, fields))
    expect(result).toMatchObject({ status: 'accept', revoked: true, expires: undefined })
    expect('until' in result && result.until).toBeFalsy()
  })

  test('is refused where the key does not name its owner, because any author could revoke it', async () => {
    const author = await generateKeyPair()
    const key = joinRecordKey('config', 'shared')
    const record = await sealRecord(author, key, { revoked: true, content: new Uint8Array() })
    expect(await validate(anyAuthor(), key, record)).toMatchObject({ status: 'ignore', code: 'REVOCATION_FORBIDDEN' })
    expect(await validate(onlyAuthors([author.peerId]), key, record)).toMatchObject({ code: 'REVOCATION_FORBIDDEN' })
  })

  test('ranks above the record with the highest sequence', async () => {
    const owner = await generateKeyPair()
    const key = keyOwnedBy(owner)
    const namespace = signed('config', { authors: ownerInKey() })
    const revocation = namespace.parse(key, await sealRecord(owner, key, { revoked: true, content: new Uint8Array() }))
    const later = namespace.parse(key, await sealRecord(owner, key, { sequence: (1n << 64n) - 1n }))
    if ('status' in revocation || 'status' in later) throw new Error('unreadable')
    expect(compareBytes(revocation.order, later.order)).toBeGreaterThan(0)
  })
})

test('sealing a signed record rejects with AUTHOR_FORBIDDEN when the policy does not allow the signer', async () => {
  const [owner, other] = await Promise.all([generateKeyPair(), generateKeyPair()])
  const draft = { key: keyOwnedBy(owner), content, sequence: 0n }
  const namespace = signed('config', { authors: ownerInKey() })
  await expect(async () => namespace.seal(draft, { now, signer: other })).rejects.toMatchObject({
    code: 'AUTHOR_FORBIDDEN'
  })
})
