import { ipnsNameToString, joinRecordKey, parsePeerId, peerIdToString } from '@recordkit/record-codec'
import { generateKeyPair, sealSignedRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { minute } from '@recordkit/testing'
import type { AuthorPolicy, Verdict } from '@recordkit/record-types'
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

type Fields = Partial<Parameters<typeof sealSignedRecord>[0]>

function ownKey({ peerId }: KeyPair, path = 'app'): Uint8Array {
  return joinRecordKey('config', `${ipnsNameToString(peerId)}/${path}`)
}

async function recordOf(signer: KeyPair, key: Uint8Array, fields: Fields = {}): Promise<Uint8Array> {
  const record = {
    key,
    value: content,
    sequence: 1n,
    issued: now,
    expires: now + minute,
    ttl: 0n,
    revoked: false,
    ...fields
  }
  return sealSignedRecord(record, { signer })
}

async function verdict(authors: AuthorPolicy, key: Uint8Array, value: Uint8Array): Promise<Verdict> {
  return new ValidationEngine([signed('config', { authors })], { clock: () => now }).validate(key, value)
}

test('takes the owner’s record', async () => {
  const owner = await generateKeyPair()
  const key = ownKey(owner)
  expect(await verdict(ownerInKey(), key, await recordOf(owner, key))).toMatchObject({
    status: 'accept',
    until: now + minute
  })
})

test('refuses a record under somebody else’s key', async () => {
  const [owner, stranger] = await Promise.all([generateKeyPair(), generateKeyPair()])
  const key = ownKey(owner)
  expect(await verdict(ownerInKey(), key, await recordOf(stranger, key))).toMatchObject({
    status: 'reject',
    code: 'AUTHOR_FORBIDDEN'
  })
})

test('refuses a record that was signed for another key', async () => {
  const owner = await generateKeyPair()
  const record = await recordOf(owner, ownKey(owner, 'app'))
  expect(await verdict(ownerInKey(), ownKey(owner, 'other'), record)).toMatchObject({
    status: 'reject',
    code: 'KEY_MISMATCH'
  })
})

test('refuses every single bit turned over', async () => {
  const owner = await generateKeyPair()
  const key = ownKey(owner)
  const record = await recordOf(owner, key)
  const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })], { clock: () => now })
  for (let bit = 0; bit < record.length * 8; bit++) {
    const turned = record.slice()
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect((await engine.validate(key, turned)).status, `bit ${bit}`).toBe('reject')
  }
})

describe('time', () => {
  test('takes what is issued within the clock skew, ignores what is issued later', async () => {
    const owner = await generateKeyPair()
    const key = ownKey(owner)
    const ahead = await recordOf(owner, key, { issued: now + 5n * minute, expires: now + 6n * minute })
    const beyond = await recordOf(owner, key, { issued: now + 5n * minute + 1n, expires: now + 6n * minute })
    expect(await verdict(ownerInKey(), key, ahead)).toMatchObject({ status: 'accept' })
    expect(await verdict(ownerInKey(), key, beyond)).toMatchObject({
      status: 'ignore',
      code: 'ISSUED_IN_FUTURE',
      message:
        'record was issued at 2026-09-21T14:18:20.000Z, 300000000001 ns ahead of this clock; at most 300000000000 are taken'
    })
  })

  test('ignores what has expired', async () => {
    const owner = await generateKeyPair()
    const key = ownKey(owner)
    const record = await recordOf(owner, key, { issued: now - minute, expires: now - 1n })
    expect(await verdict(ownerInKey(), key, record)).toMatchObject({
      status: 'ignore',
      code: 'EXPIRED',
      message: 'record was valid until 2026-09-21T14:13:19.999Z, 1 ns ago'
    })
  })
})

describe('author policies', () => {
  test('oneOf takes its authors, by name or by peer ID, and nobody else', async () => {
    const [first, second, stranger] = await Promise.all([generateKeyPair(), generateKeyPair(), generateKeyPair()])
    const authors = onlyAuthors([ipnsNameToString(first.peerId), second.peerId])
    const key = joinRecordKey('config', 'shared')
    expect(await verdict(authors, key, await recordOf(first, key))).toMatchObject({ status: 'accept' })
    expect(await verdict(authors, key, await recordOf(second, key))).toMatchObject({ status: 'accept' })
    expect(await verdict(authors, key, await recordOf(stranger, key))).toMatchObject({ code: 'AUTHOR_FORBIDDEN' })
  })

  test('anyone takes everybody but those denied', async () => {
    const [author, denied] = await Promise.all([generateKeyPair(), generateKeyPair()])
    const authors = exceptAuthors(anyAuthor(), [denied.peerId])
    const key = joinRecordKey('config', 'wall')
    expect(await verdict(authors, key, await recordOf(author, key))).toMatchObject({ status: 'accept' })
    expect(await verdict(authors, key, await recordOf(denied, key))).toMatchObject({
      status: 'reject',
      code: 'AUTHOR_DENIED'
    })
  })

  test('an owner has one spelling: a key that names it otherwise has none', async () => {
    const owner = await generateKeyPair()
    expect(parsePeerId(peerIdToString(owner.peerId))).toEqual(owner.peerId)
    const name = ipnsNameToString(owner.peerId)
    // a mark of byte order is what decoders of text leave out
    for (const spelling of [peerIdToString(owner.peerId), name.toUpperCase(), `\uFEFF${name}`, `${name} `, '']) {
      const key = joinRecordKey('config', `${spelling}/app`)
      expect(await verdict(ownerInKey(), key, await recordOf(owner, key)), spelling).toMatchObject({
        status: 'reject',
        code: 'AUTHOR_FORBIDDEN'
      })
      expect(() => ownerOf(key), spelling).toThrow(expect.objectContaining({ code: 'IPNS_NAME_INVALID' }))
    }
  })
})

describe('revocation', () => {
  test('closes a key whose owner it names', async () => {
    const owner = await generateKeyPair()
    const key = ownKey(owner)
    const record = await recordOf(owner, key, { revoked: true, content: new Uint8Array() })
    expect(await verdict(ownerInKey(), key, record)).toMatchObject({ status: 'accept' })
  })

  test('is a weapon anywhere else, and refused', async () => {
    const author = await generateKeyPair()
    const key = joinRecordKey('config', 'shared')
    const record = await recordOf(author, key, { revoked: true, content: new Uint8Array() })
    expect(await verdict(anyAuthor(), key, record)).toMatchObject({ status: 'reject', code: 'REVOCATION_FORBIDDEN' })
    expect(await verdict(onlyAuthors([author.peerId]), key, record)).toMatchObject({ code: 'REVOCATION_FORBIDDEN' })
  })

  test('ranks above every later record', async () => {
    const owner = await generateKeyPair()
    const key = ownKey(owner)
    const namespace = signed('config', { authors: ownerInKey() })
    const revocation = namespace.parse(key, await recordOf(owner, key, { revoked: true, content: new Uint8Array() }))
    const later = namespace.parse(key, await recordOf(owner, key, { sequence: (1n << 64n) - 1n }))
    if ('status' in revocation || 'status' in later) throw new Error('unreadable')
    expect(revocation.rank > later.rank || (revocation.rank[0] ?? 0) > (later.rank[0] ?? 0)).toBe(true)
  })
})

test('sealing refuses what the policy would', async () => {
  const [owner, stranger] = await Promise.all([generateKeyPair(), generateKeyPair()])
  const draft = { key: ownKey(owner), content, sequence: 0n }
  const namespace = signed('config', { authors: ownerInKey() })
  await expect(async () => namespace.seal(draft, { now, signer: stranger })).rejects.toMatchObject({
    code: 'AUTHOR_FORBIDDEN'
  })
})
