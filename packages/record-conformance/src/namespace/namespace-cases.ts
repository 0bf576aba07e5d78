import type { Namespace, UnverifiedRecord, Verdict } from '@recordkit/record-types'
import { compareBytes, equalBytes, isRefusal } from '@recordkit/record-types'
import { isBytes } from '@recordkit/record-types/internal'
import { check, same, show } from '../assert.ts'
import type { NamespaceCase, NamespaceFactory, NamespaceRequirement } from './namespace-case.ts'
import { parsed } from './namespace-case.ts'

function must(
  id: string,
  title: string,
  run: (factory: NamespaceFactory) => Promise<void> | void,
  requires: readonly NamespaceRequirement[] = []
): NamespaceCase {
  return { id, title, requires, level: 'must', run: async (factory) => run(factory) }
}

/** Variations of bytes: truncated at every length, with every byte inverted or changed by one bit, and with bytes appended. */
function* malformed(bytes: Uint8Array): Generator<Uint8Array> {
  const step = Math.max(1, Math.floor(bytes.length / 200))
  for (let index = 0; index < bytes.length; index += step) {
    yield bytes.slice(0, index)
    const inverted = bytes.slice()
    inverted[index] = (inverted[index] as number) ^ 0xff
    yield inverted
    const flipped = bytes.slice()
    flipped[index] = (flipped[index] as number) ^ 1
    yield flipped
  }
  yield Uint8Array.of(...bytes, 0)
  yield Uint8Array.of(...bytes, ...bytes)
}

function checkVerdict(verdict: unknown, what: string): asserts verdict is Verdict {
  const { status, code, message } = (verdict ?? {}) as { status?: unknown; code?: unknown; message?: unknown }
  if (status === 'accept') return
  check(
    status === 'ignore' || status === 'reject',
    `${what}: the status of ${show(verdict)} is ${show(status)}; expected accept, ignore or reject`
  )
  check(typeof code === 'string' && code !== '', `${what}: the code of a refusal is ${show(code)}; expected text`)
  check(
    typeof message === 'string' && message !== '',
    `${what}: the message of a refusal is ${show(message)}; expected text`
  )
}

async function verdictOf(factory: NamespaceFactory, key: Uint8Array, value: Uint8Array, now: bigint): Promise<Verdict> {
  const record = factory.namespace.parse(key, value)
  check(typeof record === 'object' && record !== null, `parse returned ${show(record)}; expected a record or a refusal`)
  if (isRefusal(record)) return record
  const verdict: unknown = await factory.namespace.verify(record, { ...factory.context, now })
  checkVerdict(verdict, 'verify')
  return verdict
}

/** The bytes whose hash is the identity of a record. */
const signedBytes = (record: UnverifiedRecord): Uint8Array => record.signed?.() ?? record.value

/** Checks the types of the fields of a record. */
function checkFields(record: UnverifiedRecord): void {
  const { author, signature, sequence, issued, expires, ttl } = record
  for (const [name, bytes] of Object.entries({ order: record.order, author, signature, signed: signedBytes(record) }))
    check(
      (bytes === undefined && name !== 'order') || (isBytes(bytes) && (bytes.length > 0 || name === 'order')),
      `${name} is ${show(bytes)}; expected a Uint8Array that is not empty`
    )
  for (const [name, number] of Object.entries({ sequence, issued, expires, ttl }))
    check(number === undefined || typeof number === 'bigint', `${name} is ${show(number)}; expected a bigint`)
}

/** The rules for every namespace. */
export const namespaceCases: readonly NamespaceCase[] = /* @__PURE__ */ (() => [
  must('namespace/shape', 'has a name without slashes, and limits', ({ namespace }) => {
    check(
      namespace.name.length > 0 && !namespace.name.includes('/'),
      `the name is ${show(namespace.name)}; expected text without slashes`
    )
    check(
      typeof namespace.limits === 'object',
      `limits is ${show(namespace.limits)}; expected { key, value }, sizes in bytes`
    )
    for (const size of [namespace.limits.key, namespace.limits.value]) {
      check(Number.isSafeInteger(size) && size > 0, `a limit is ${size}; expected a positive whole number`)
    }
  }),
  must('parse/samples', 'parses valid records, with orders of at most 31 bytes', ({ namespace, samples }) => {
    check(samples.length > 0, 'the factory has no samples; expected at least one')
    for (const { key, value } of samples) {
      const record = parsed(namespace, key, value)
      same(record.key, key, 'key')
      same(record.value, value, 'value')
      checkFields(record)
      check(record.order.length <= 31, `the order is ${record.order.length} bytes; the limit is 31`)
    }
  }),
  must('parse/pure', 'parses equal bytes equally, and does not change them', ({ namespace, samples }) => {
    for (const { key, value } of samples) {
      const [keyBefore, valueBefore] = [key.slice(), value.slice()]
      const first = parsed(namespace, key, value)
      const again = parsed(namespace, key.slice(), value.slice())
      same(again.order, first.order, 'order')
      same(again.signed?.(), first.signed?.(), 'signed bytes')
      same(
        { sequence: again.sequence, expires: again.expires },
        { sequence: first.sequence, expires: first.expires },
        'fields'
      )
      same([key, value], [keyBefore, valueBefore], 'bytes afterwards')
    }
  }),
  must('parse/total', 'refuses malformed records with a code, and never throws', ({ namespace, samples }) => {
    for (const { key, value } of samples) {
      for (const bad of malformed(value)) tryParse(namespace, key, bad)
      for (const bad of malformed(key)) tryParse(namespace, bad, value)
      tryParse(namespace, key, new Uint8Array(namespace.limits.value + 1))
      tryParse(namespace, new Uint8Array(0), new Uint8Array(0))
    }
  }),
  must('verify/samples', 'accepts valid records', async (factory) => {
    for (const { key, value, now } of factory.samples) {
      const verdict = await verdictOf(factory, key, value, now)
      check(verdict.status === 'accept', `a valid record is not accepted: ${show(verdict)}`)
    }
  }),
  must('verify/total', 'returns a verdict for every record that it parses, and never throws', async (factory) => {
    for (const { key, value, now } of factory.samples) {
      for (const bad of malformed(value))
        checkVerdict(await verdictOf(factory, key, bad, now), 'verify of malformed bytes')
    }
  }),
  must('verify/changed', 'refuses every change of what an author signed', async (factory) => {
    for (const { key, value, now } of factory.samples) {
      const original = parsed(factory.namespace, key, value)
      if (original.author === undefined) continue
      for (const changed of malformed(value)) {
        if ((await verdictOf(factory, key, changed, now)).status !== 'accept') continue
        // what no signature covers can be changed by anyone, and changes nothing
        const record = parsed(factory.namespace, key, changed)
        same(signedBytes(record), signedBytes(original), 'the signed bytes of an accepted record that was changed')
        same(record.author, original.author, 'the author of an accepted record that was changed')
        same(record.order, original.order, 'the order of an accepted record that was changed')
      }
    }
  }),
  must('verify/expired', 'accepts a record at its last instant, and ignores it afterwards', async (factory) => {
    for (const { key, value, now } of factory.samples) {
      const { expires } = parsed(factory.namespace, key, value)
      if (expires === undefined || expires < now) continue
      same((await verdictOf(factory, key, value, expires)).status, 'accept', 'status at the last instant')
      const late = await verdictOf(factory, key, value, expires + 1n)
      // not `reject`: clocks differ, and the sender is not to blame
      same(late.status, 'ignore', 'status after the last instant')
      same('code' in late && late.code, 'EXPIRED', 'code')
    }
  }),
  must('verify/until', 'does not accept a record beyond its expiry', async (factory) => {
    for (const { key, value, now } of factory.samples) {
      const { expires } = parsed(factory.namespace, key, value)
      const verdict = await verdictOf(factory, key, value, now)
      if (expires === undefined || verdict.status !== 'accept') continue
      check(
        verdict.until !== undefined && verdict.until <= expires,
        `until is ${verdict.until}; expected at most ${expires}, the expiry of the record`
      )
    }
  }),
  must(
    'verify/other-key',
    'refuses a valid value under another key',
    async (factory) => {
      for (const { key, value, now } of factory.samples) {
        for (const other of [Uint8Array.of(...key, 0x61), key.slice(0, -1)]) {
          const verdict = await verdictOf(factory, other, value, now)
          check(verdict.status !== 'accept', `a value is accepted under another key: ${show(other)}`)
        }
      }
    },
    ['bound']
  ),
  must(
    'normal/form',
    'brings a record into a form of the same identity, once and without making it longer',
    async (factory) => {
      const { namespace, samples, context } = factory
      for (const { key, value, now } of samples) {
        const record = parsed(namespace, key, value)
        const normalize = async (of: typeof record): Promise<Uint8Array> =>
          (await namespace.normalize?.(of, { ...context, now })) ?? of.value
        const normal = parsed(namespace, key, await normalize(record))
        check(normal.value.length <= value.length, 'the normal form is longer than the value')
        same(normal.order, record.order, 'order of the normal form')
        same(normal.signed?.() ?? normal.value, record.signed?.() ?? record.value, 'signed bytes of the normal form')
        same(await normalize(normal), normal.value, 'the normal form of the normal form')
        same(namespace.complete?.(normal, normal) ?? normal.value, normal.value, 'a value completed by itself')
      }
    }
  ),
  must(
    'rank/ordered',
    'orders values as expected',
    ({ namespace, ordered }) => {
      const { key, values } = ordered ?? { key: new Uint8Array(0), values: [] }
      const records = values.map((value) => parsed(namespace, key, value))
      for (const [index, higher] of records.entries()) {
        for (const lower of records.slice(0, index)) {
          check(compareBytes(higher.order, lower.order) > 0, `value ${index} is not ordered above an earlier one`)
        }
      }
    },
    ['ordered']
  ),
  must(
    'seal/round-trip',
    'seals records that it accepts, at or above the requested sequence',
    async (factory) => {
      const { namespace, sealing } = factory
      if (namespace.seal === undefined || sealing === undefined)
        throw new Error('the namespace or the factory cannot seal')
      const { key, content, now, signer } = sealing
      for (const sequence of [0n, 1n, 1000n]) {
        const value = await namespace.seal({ key, content, sequence }, { now, signer })
        const record = parsed(namespace, key, value)
        if (record.sequence !== undefined)
          check(record.sequence >= sequence, `the sequence is ${record.sequence}; expected at least ${sequence}`)
        same(namespace.content?.(record) ?? record.value, content, 'content')
        const verdict = await verdictOf(factory, key, value, now)
        check(verdict.status === 'accept', `a sealed record is not accepted: ${show(verdict)}`)
      }
    },
    ['signer']
  ),
  must(
    'merge/laws',
    'merges commutatively, associatively and idempotently, to a record that ranks at or above both',
    ({ namespace, merging }) => {
      const merge = namespace.merge?.bind(namespace)
      if (merge === undefined || merging === undefined) throw new Error('the namespace or the factory cannot merge')
      const records = merging.values.map((value) => parsed(namespace, merging.key, value))
      const join = (a: (typeof records)[0], b: (typeof records)[0]): (typeof records)[0] =>
        parsed(namespace, merging.key, merge(a, b))
      for (const a of records) {
        same(join(a, a).value, a.value, 'a record merged with itself')
        for (const b of records) {
          const both = join(a, b)
          same(both.value, join(b, a).value, 'two records in either order')
          for (const source of [a, b]) {
            check(
              equalBytes(both.value, source.value) || compareBytes(both.order, source.order) > 0,
              'the order of a merged record is not above that of a record it was merged from'
            )
          }
          for (const c of records) same(join(both, c).value, join(a, join(b, c)).value, 'three records in either order')
        }
      }
    },
    ['merge']
  )
])()

function tryParse(namespace: Namespace, key: Uint8Array, value: Uint8Array): void {
  const record = namespace.parse(key, value)
  if (isRefusal(record)) checkVerdict(record, 'parse of malformed bytes')
  else check(record.order instanceof Uint8Array, `the order is ${show(record.order)}; expected a Uint8Array`)
}
