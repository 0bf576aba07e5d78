// `node tools/interop/src/boxo.ts [inputs] [seed]`: validates mutated IPNS records, some of them signed again, some mutated only where
// no signature covers them, with boxo and with
// RecordKit. Fails when a difference is not one that docs/strictness.md explains.
import { decodeIpnsRecord } from '@recordkit/record-codec'
import { encodeIpnsData, encodeIpnsRecord, ipnsRoutingKey, ipnsSigningInput } from '@recordkit/record-codec'
import { keyPairFromSeed, createIpnsRecord } from '@recordkit/record-crypto'
import { hour } from '@recordkit/testing'
import { isRefusal } from '@recordkit/record-types'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { mutate, randomOf } from '@recordkit/fuzz/mutate'
import { hex, unhex } from './bytes.ts'
import { builders, launch } from './launch.ts'
import { OperationRefused } from './implementation.ts'

const count = Number(process.argv[2] ?? 20_000)
const random = randomOf(Number(process.argv[3] ?? 1))
const now = BigInt(Date.now()) * 1_000_000n
const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
const key = ipnsRoutingKey(signer.peerId)
const content = { value: '/ipfs/bafkqaaa', sequence: 5n, validity: now + 48n * hour }
const extra = new Map([['_more', [1n, -1n, 'text', null, true, new Map([['a', new Uint8Array(3)]])]]])
const records = [
  await createIpnsRecord(content, { signer }),
  await createIpnsRecord(content, { signer, v1Compatible: false }),
  await createIpnsRecord({ ...content, extra }, { signer }),
  await createIpnsRecord({ ...content, sequence: (1n << 63n) - 1n, ttl: 0n }, { signer })
]
const value = new TextEncoder().encode(content.value)
const signedData = [
  encodeIpnsData({ value, validity: content.validity, sequence: 5n, ttl: 60n }),
  encodeIpnsData({ value, validity: content.validity, sequence: 5n, ttl: 60n, extra }),
  encodeIpnsData({ value: new Uint8Array(0), validity: content.validity, sequence: 0n })
]
/** Fields in forms that few writers use: unknown, repeated, of another wire type, groups, embedded keys. */
const unsigned = [
  '7a0361626378017d000000007900000000000000007b807b7c',
  '0801100518808001280530058001',
  '3b3c43444b4c0b0c',
  '3a24080112',
  '3a00420042404a00',
  '188080808080800118',
  '8a8000002a8280000000',
  `3a2608011220${hex(signer.publicKey.data)}7801`,
  `3a261220${hex(signer.publicKey.data)}08017801`
].map(unhex)
const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)] as Item

/** A record with mutated bytes, or with mutated data that was signed afterwards. */
async function mutatedRecord(): Promise<Uint8Array> {
  if (random(3) === 0) return mutate(pick(records), pick(records), random)
  const data = mutate(pick(signedData), pick(signedData), random)
  const signatureV2 = await signer.sign(ipnsSigningInput(data))
  const whole = encodeIpnsRecord({ data, signatureV2 })
  // V1 fields before it, valid or not
  return random(2) === 0
    ? whole
    : Uint8Array.of(...mutate(pick(records), pick(records), random).subarray(0, random(200)), ...whole)
}

/** A record with a valid signature whose unsigned bytes were mutated, as anyone can do without the key. */
function mutatedAround(): Uint8Array {
  const record = pick(records)
  const fields = pick(unsigned)
  const more = random(2) === 0 ? fields.subarray(0, random(fields.length + 1)) : mutate(fields, pick(unsigned), random)
  return random(2) === 0 ? Uint8Array.of(...more, ...record) : Uint8Array.of(...record, ...more)
}

/** Codes with which RecordKit may refuse records that boxo accepts: each is a row of docs/strictness.md. */
const explained: readonly RegExp[] = [
  /^CBOR_/,
  /^IPNS_(FIELD_|NUMBER_RANGE|VALUE_INVALID|VALIDITY_TYPE)/,
  /^TIME_INVALID$/
]

/** What RecordKit accepts and boxo refuses: a stray copy of the value in a record without signatureV1, a row of docs/strictness.md. */
const strayCopy = /did not match between protobuf and CBOR/

const build = builders.get('go')
const built = await build?.(console.log)
if (built === undefined || 'missing' in built || 'broken' in built) {
  console.log('boxo could not be built; Go 1.26.5 or newer is needed')
  process.exit(1)
}
const boxo = await launch('go', built)
const engine = new ValidationEngine([ipns()], { clock: () => now, verdicts: 0 })
const tally = new Map<string, { count: number; example: string }>()
let [both, neither, unexplained] = [0, 0, 0]
for (let index = 0; index < count; index++) {
  const record = random(2) === 0 ? mutatedAround() : await mutatedRecord()
  const verdict = await engine.validate(key, record)
  const theirs = await boxo.call('ipns.judge', { bytes: { key, record } }).then(
    () => 'accepted',
    (error: unknown) => {
      if (error instanceof OperationRefused) return error.message
      throw error
    }
  )
  const weAccept = !isRefusal(verdict)
  const theyAccept = theirs === 'accepted'
  if (weAccept === theyAccept) {
    if (weAccept) both++
    else neither++
    continue
  }
  const reason = isRefusal(verdict)
    ? `boxo accepts, RecordKit refuses: ${verdict.code}`
    : `RecordKit accepts, boxo refuses: ${theirs}`
  const known = isRefusal(verdict)
    ? explained.some((pattern) => pattern.test(verdict.code))
    : strayCopy.test(theirs) && decodeIpnsRecord(record).signatureV1 === undefined
  if (!known) unexplained++
  const row = tally.get(reason) ?? { count: 0, example: hex(record) }
  tally.set(reason, { ...row, count: row.count + 1 })
}
await boxo.stop()
console.log(`${count} records: accepted by both ${both}, by neither ${neither}`)
for (const [reason, { count: times, example }] of [...tally].sort(([, a], [, b]) => b.count - a.count)) {
  console.log(
    `${String(times).padStart(6)}  ${reason}\n        for example ${example.slice(0, 200)}${example.length > 200 ? '…' : ''}`
  )
}
console.log(`${unexplained} unexplained differences`)
process.exit(unexplained === 0 ? 0 : 1)
