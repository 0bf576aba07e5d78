import {
  decodePublicKey,
  encodeIpnsData,
  encodeIpnsRecord,
  ipnsRoutingKey,
  ipnsSigningInput,
  parsePeerId
} from '@recordkit/record-codec'
import { ed25519, generateKeyPair, createIpnsRecord } from '@recordkit/record-crypto'
import { rsa } from '@recordkit/record-crypto/rsa'
import { equalBytes, isRefusal } from '@recordkit/record-types'
import type { KeyBook } from '@recordkit/record-types'
import { files, fromHex, toHex } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import selectCases from '@recordkit/vectors/rules/ipns-select-cases.json' with { type: 'json' }
import validatorCases from '@recordkit/vectors/rules/ipns-validator-cases.json' with { type: 'json' }
import official from '@recordkit/vectors/ipns/ipns-spec-vectors.json' with { type: 'json' }
import { ipns, ipnsReader, selectRecord, ValidationEngine } from '@recordkit/record-validators'
import { withSignedBytes } from './signed-bytes.ts'

const now = 1_790_000_000_000_000_000n
const records = files(
  import.meta.glob<string>('../../../vectors/rules/ipns/*.ipns-record', {
    query: '?hex',
    import: 'default',
    eager: true
  })
)

function engineWith(keyBook?: KeyBook): ValidationEngine {
  return new ValidationEngine([ipns({ algorithms: [ed25519, rsa] })], { clock: () => now, keyBook })
}

/** The codes for the errors of boxo. The codes of intended differences are in `ownCodes`, with the reasons. */
const codes: Record<string, string> = {
  ErrExpiredRecord: 'EXPIRED',
  ErrPublicKeyNotFound: 'PUBLIC_KEY_NOT_FOUND',
  ErrSignature: 'SIGNATURE_INVALID',
  ErrPublicKeyMismatch: 'PUBLIC_KEY_MISMATCH',
  ErrRecordSize: 'RECORD_TOO_LARGE',
  ok: 'accept'
}

const ownCodes: Record<string, string> = {
  // boxo has no error for this, or one for many causes
  'rsa-key-double-slash': 'RECORD_KEY_INVALID',
  'rsa-embedded-garbage': 'PROTOBUF_WIRE_TYPE',
  'ed-v1-only': 'IPNS_SIGNATURE_MISSING',
  'ed-mismatch-value': 'IPNS_MISMATCH',
  'ed-mismatch-validity': 'IPNS_MISMATCH',
  'ed-mismatch-sequence': 'IPNS_MISMATCH',
  // js-ipns and Python accept it, and anyone can add the unsigned value: it is dropped
  'ed-v2only-stray-pb-value': 'accept',
  'ed-ttl-negative-v2only': 'IPNS_NUMBER_RANGE',
  'ed-cbor-trailing-byte': 'CBOR_TRAILING',
  'ed-cbor-duplicate-key': 'CBOR_DUPLICATE_KEY',
  'ed-cbor-not-a-map': 'CBOR_NOT_A_MAP',
  'ed-pb-truncated': 'PROTOBUF_TRUNCATED',
  // other implementations verify RSA in other ways: the sender is not blamed
  'rsa-signed-by-other-not-embedded': 'SIGNATURE_DISPUTED',
  'ed-empty': 'IPNS_SIGNATURE_MISSING',
  'ed-routingkey-extra-byte': 'PEER_ID_INVALID',
  'ed-routingkey-empty-name': 'PEER_ID_INVALID',
  // boxo accepts these; here a record can be decoded in one way only
  'ed-value-missing-v2only': 'IPNS_FIELD_MISSING',
  'ed-value-as-string': 'IPNS_FIELD_TYPE',
  'ed-value-raw-bytes': 'IPNS_VALUE_INVALID',
  'ed-sequence-2pow63-go-encoding': 'IPNS_NUMBER_RANGE',
  'ed-sequence-2pow63-cbor-uint-v1v2': 'IPNS_NUMBER_RANGE'
}

describe('the validator cases of boxo', () => {
  for (const { id, file, routingKeyHex, expect: expected, keyBook } of validatorCases.cases as {
    id: string
    file: string
    routingKeyHex: string
    expect: string
    keyBook?: { peerId: string; publicKeyHex: string }[]
  }[]) {
    test(`the case ${id} is validated with ${ownCodes[id] ?? codes[expected] ?? expected}`, async () => {
      const known = (keyBook ?? []).map(({ peerId, publicKeyHex }) => ({
        peerId: parsePeerId(peerId),
        key: decodePublicKey(fromHex(publicKeyHex))
      }))
      const engine = engineWith({ find: (peerId) => known.find((entry) => equalBytes(entry.peerId, peerId))?.key })
      const verdict = await engine.validate(
        fromHex(routingKeyHex),
        records.get(file.split('/').at(-1) ?? '') ?? new Uint8Array()
      )
      expect(isRefusal(verdict) ? verdict.code : verdict.status).toBe(ownCodes[id] ?? codes[expected])
    })
  }
})

describe('the official IPNS vectors', () => {
  for (const { id, routingKeyHex, recordHex, expectedValid } of official.vectors) {
    test(`the vector ${id} is ${expectedValid ? 'accepted' : 'refused'}, also by ipnsReader`, async () => {
      const verdict = await engineWith().validate(fromHex(routingKeyHex), fromHex(recordHex))
      expect(verdict.status === 'accept').toBe(expectedValid)
      const readingEngine = new ValidationEngine([ipnsReader({ algorithms: [ed25519, rsa] })], { clock: () => now })
      const read = await readingEngine.validate(fromHex(routingKeyHex), fromHex(recordHex))
      expect(withSignedBytes(read)).toEqual(withSignedBytes(verdict))
    })
  }

  test('ipnsReader cannot seal records', () => {
    expect(ipns()).toHaveProperty('seal')
    expect(ipnsReader()).not.toHaveProperty('seal')
  })
})

describe('the selection cases of boxo', () => {
  for (const { id, routingKeyHex, values, expectIndex } of selectCases.cases) {
    test(`the case ${id} selects the expected value`, () => {
      const { ranked } = selectRecord(engineWith(), fromHex(routingKeyHex), values.map(fromHex))
      // a record with a sequence of 2^63 or above is dropped here; Go reads the sequence as negative
      const best = id === 'seq-high-vs-go-negative' ? 0 : expectIndex
      expect(ranked[0]?.index ?? 'error').toBe(best)
    })
  }

  test('selectRecord drops and reports an IPNS value that cannot be parsed', () => {
    const { routingKeyHex, values } = selectCases.cases[1] as { routingKeyHex: string; values: string[] }
    const { ranked, dropped } = selectRecord(engineWith(), fromHex(routingKeyHex), [
      new Uint8Array([1, 2, 3]),
      ...values.map(fromHex)
    ])
    expect(ranked.map(({ index }) => index)).toEqual([2, 1])
    expect(dropped.map(({ index }) => index)).toEqual([0])
  })
})

describe('what counts against the sender of an IPNS record', () => {
  const caseOf = (id: string): { routingKeyHex: string; file: string } => {
    const found = validatorCases.cases.find((one) => one.id === id)
    if (found === undefined) throw new Error(`there is no case ${id}`)
    return found
  }
  const validateCase = async (id: string, keyBook?: KeyBook): Promise<unknown> => {
    const { routingKeyHex, file } = caseOf(id)
    return engineWith(keyBook).validate(
      fromHex(routingKeyHex),
      records.get(file.split('/').at(-1) ?? '') ?? new Uint8Array()
    )
  }

  test('a record that js-ipns accepts does not: with a key twice in its CBOR', async () => {
    expect(await validateCase('ed-cbor-duplicate-key')).toMatchObject({ status: 'ignore', code: 'CBOR_DUPLICATE_KEY' })
  })

  test('a record without signed data does, and one above the size of the specification', async () => {
    expect(await validateCase('ed-v1-only')).toMatchObject({ status: 'reject' })
    expect(await validateCase('ed-size-10241')).toMatchObject({ status: 'reject', code: 'RECORD_TOO_LARGE' })
  })

  test('a record above a lower limit of this node does not', async () => {
    const engine = new ValidationEngine([ipns({ limits: { value: 100 } })])
    const key = ipnsRoutingKey((await generateKeyPair()).peerId)
    expect(await engine.validate(key, new Uint8Array(101))).toMatchObject({ status: 'ignore', code: 'VALUE_TOO_LARGE' })
    expect(await engine.validate(key, new Uint8Array(10_241))).toMatchObject({ status: 'reject' })
    const parse = engine.parser(key)
    expect(parse(new Uint8Array(101))).toMatchObject({ status: 'ignore', code: 'VALUE_TOO_LARGE' })
  })

  test('a wrong key of the key book does not, and is not remembered', async () => {
    const { routingKeyHex, keyBook } = caseOf('rsa-keybook-expired') as unknown as {
      routingKeyHex: string
      keyBook: { publicKeyHex: string }[]
    }
    const right = decodePublicKey(fromHex(keyBook[0]?.publicKeyHex ?? ''))
    const wrong = (await generateKeyPair()).publicKey
    let answer = wrong
    const engine = engineWith({ find: () => answer })
    const value = records.get(caseOf('rsa-keybook-expired').file.split('/').at(-1) ?? '') ?? new Uint8Array()
    expect(await engine.validate(fromHex(routingKeyHex), value)).toMatchObject({
      status: 'ignore',
      code: 'PUBLIC_KEY_NOT_FOUND'
    })
    answer = right
    // after the signature was verified
    expect(await engine.validate(fromHex(routingKeyHex), value)).toMatchObject({ code: 'EXPIRED' })
  })
})

describe('binding and validity of IPNS records', () => {
  const value = '/ipfs/bafkqaddwgevxmmraojswg33smq'

  test('rejects a record under a name that is not derived from its key', async () => {
    const [mine, other] = await Promise.all([generateKeyPair(), generateKeyPair()])
    const record = await createIpnsRecord({ value, sequence: 1n, validity: now }, { signer: mine, now: 0n })
    expect(await engineWith().validate(ipnsRoutingKey(other.peerId), record)).toMatchObject({
      status: 'reject',
      code: 'SIGNATURE_INVALID'
    })
  })

  test('accepts a record at the instant of its validity, and ignores it as EXPIRED a nanosecond later', async () => {
    const pair = await generateKeyPair()
    const key = ipnsRoutingKey(pair.peerId)
    const onTime = await createIpnsRecord({ value, sequence: 1n, validity: now }, { signer: pair, now: 0n })
    const late = await createIpnsRecord({ value, sequence: 1n, validity: now - 1n }, { signer: pair, now: 0n })
    expect(await engineWith().validate(key, onTime)).toMatchObject({ status: 'accept', until: now })
    expect(await engineWith().validate(key, late)).toMatchObject({ status: 'ignore', code: 'EXPIRED' })
  })

  test('ignores a record with an RSA key when the RSA algorithm is missing, and names the subpath that exports it', async () => {
    const found = (
      validatorCases.cases as {
        id: string
        routingKeyHex: string
        keyBook?: { peerId: string; publicKeyHex: string }[]
      }[]
    ).find(({ id }) => id === 'rsa-keybook-expired')
    const book = found?.keyBook?.[0]
    const engine = new ValidationEngine([ipns()], {
      clock: () => now,
      keyBook: { find: () => decodePublicKey(fromHex(book?.publicKeyHex ?? '')) }
    })
    const verdict = await engine.validate(
      fromHex(found?.routingKeyHex ?? ''),
      records.get('rsa-keybook-expired.ipns-record') ?? new Uint8Array()
    )
    expect(verdict).toMatchObject({ status: 'ignore', code: 'ALGORITHM_MISSING' })
    expect('message' in verdict ? verdict.message : '').toContain('/rsa')
  })
})

describe('sealing of IPNS records', () => {
  const namespace = ipns()

  test('keeps TTL and extra data of the previous record, and reads nothing from its unsigned fields', async () => {
    const signer = await generateKeyPair()
    const key = ipnsRoutingKey(signer.peerId)
    const previous = await createIpnsRecord(
      { value: '/ipfs/bafkqaaa', sequence: 4n, validity: now, ttl: 7_000_000n, extra: new Map([['_note', 'kept']]) },
      { signer, v1Compatible: false, now: 0n }
    )
    const content = new TextEncoder().encode('/ipfs/bafkqaddwgevxmmraojswg33smq')
    const value = await namespace.seal({ key, content, sequence: 5n, previous }, { now, signer })
    const record = namespace.parse(key, value)
    if (isRefusal(record)) throw new Error(record.message)
    expect(record.fields.ttl).toBe(7_000_000n)
    expect(record.fields.extra).toEqual(new Map([['_note', 'kept']]))
    // anyone could have dropped the V1 fields of the previous record
    expect(record.fields.signatureV1).toBeDefined()
    expect(record.sequence).toBe(5n)
  })

  test('renews a record with a TTL that createIpnsRecord refuses, in whole milliseconds', async () => {
    const signer = await generateKeyPair()
    const key = ipnsRoutingKey(signer.peerId)
    const content = new TextEncoder().encode('/ipfs/bafkqaaa')
    const data = encodeIpnsData({ value: content, sequence: 4n, validity: now, ttl: 300_001n })
    const previous = encodeIpnsRecord({ data, signatureV2: await signer.sign(ipnsSigningInput(data)) })
    const record = namespace.parse(key, await namespace.seal({ key, content, sequence: 4n, previous }, { now, signer }))
    expect(record).toMatchObject({ sequence: 4n, ttl: 1_000_000n })
  })

  test('rejects with AUTHOR_FORBIDDEN when the record key is not the name of the signer', async () => {
    const [signer, other] = await Promise.all([generateKeyPair(), generateKeyPair()])
    const draft = {
      key: ipnsRoutingKey(other.peerId),
      content: new TextEncoder().encode('/ipfs/bafkqaaa'),
      sequence: 0n
    }
    await expect(async () => namespace.seal(draft, { now, signer })).rejects.toMatchObject({ code: 'AUTHOR_FORBIDDEN' })
  })
})

test('the files of the boxo cases exist', () => {
  expect(records.size).toBeGreaterThan(40)
  expect(toHex(records.get('ed-v1v2-valid.ipns-record') ?? new Uint8Array())).not.toBe('')
})
