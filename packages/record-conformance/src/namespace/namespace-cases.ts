import type { Namespace, Verdict } from '@recordkit/record-types'
import { compareRecords, isRefusal } from '@recordkit/record-types'
import { check, same, show } from '../assert.ts'
import type { NamespaceCase, NamespaceFactory, NamespaceRequirement } from './namespace-case.ts'
import { opened } from './namespace-case.ts'

function must(
  id: string,
  title: string,
  run: (factory: NamespaceFactory) => Promise<void> | void,
  requires: readonly NamespaceRequirement[] = []
): NamespaceCase {
  return { id, title, requires, level: 'must', run: async (factory) => run(factory) }
}

/** Bytes that are not quite what they were: every length, every byte turned over, and some more behind. */
function* spoiled(bytes: Uint8Array): Generator<Uint8Array> {
  const step = Math.max(1, Math.floor(bytes.length / 200))
  for (let index = 0; index < bytes.length; index += step) {
    yield bytes.slice(0, index)
    const turned = bytes.slice()
    turned[index] = (turned[index] as number) ^ 0xff
    yield turned
    const nudged = bytes.slice()
    nudged[index] = (nudged[index] as number) ^ 1
    yield nudged
  }
  yield Uint8Array.of(...bytes, 0)
  yield Uint8Array.of(...bytes, ...bytes)
}

function checkVerdict(verdict: unknown, what: string): asserts verdict is Verdict {
  const { verdict: kind, code, message } = (verdict ?? {}) as { verdict?: unknown; code?: unknown; message?: unknown }
  if (kind === 'accept') return
  check(kind === 'ignore' || kind === 'reject', `${what}: ${show(verdict)} is no verdict`)
  check(typeof code === 'string' && code !== '', `${what}: a refusal needs a code, got ${show(code)}`)
  check(typeof message === 'string' && message !== '', `${what}: a refusal needs a message, got ${show(message)}`)
}

async function verdictOf(factory: NamespaceFactory, key: Uint8Array, value: Uint8Array, now: bigint): Promise<Verdict> {
  const parsed = factory.namespace.parse(key, value)
  if (isRefusal(parsed)) return parsed
  return factory.namespace.verify(parsed, { ...factory.context, now })
}

/** What every namespace must do, as data. */
export const namespaceCases: readonly NamespaceCase[] = /* @__PURE__ */ (() => [
  must('namespace/shape', 'has a name without slashes, and limits', ({ namespace }) => {
    check(namespace.name.length > 0 && !namespace.name.includes('/'), `its name is ${show(namespace.name)}`)
    for (const size of [namespace.limits.key, namespace.limits.value]) {
      check(Number.isSafeInteger(size) && size > 0, `a limit is ${size}; a positive whole number is needed`)
    }
  }),
  must('parse/samples', 'reads good records, with a rank of 64 bytes at the most', ({ namespace, samples }) => {
    check(samples.length > 0, 'there must be a sample')
    for (const { key, value } of samples) {
      const record = opened(namespace, key, value)
      same(record.key, key, 'key')
      same(record.value, value, 'value')
      check(record.rank.length <= 64, `the rank is ${record.rank.length} bytes; a store takes 64`)
    }
  }),
  must('parse/pure', 'reads the same bytes the same way, and does not change them', ({ namespace, samples }) => {
    for (const { key, value } of samples) {
      const [keyBefore, valueBefore] = [key.slice(), value.slice()]
      const first = opened(namespace, key, value)
      const again = opened(namespace, key.slice(), value.slice())
      same(again.rank, first.rank, 'rank')
      same(
        { sequence: again.sequence, expires: again.expires },
        { sequence: first.sequence, expires: first.expires },
        'fields'
      )
      same([key, value], [keyBefore, valueBefore], 'bytes afterwards')
    }
  }),
  must('parse/total', 'refuses what it cannot read, with a code, and never throws', ({ namespace, samples }) => {
    for (const { key, value } of samples) {
      for (const bad of spoiled(value)) tryParse(namespace, key, bad)
      for (const bad of spoiled(key)) tryParse(namespace, bad, value)
      tryParse(namespace, key, new Uint8Array(namespace.limits.value + 1))
      tryParse(namespace, new Uint8Array(0), new Uint8Array(0))
    }
  }),
  must('verify/samples', 'accepts good records', async (factory) => {
    for (const { key, value, now } of factory.samples) {
      const verdict = await verdictOf(factory, key, value, now)
      check(verdict.status === 'accept', `a good record is not accepted: ${show(verdict)}`)
    }
  }),
  must('verify/total', 'answers a verdict for anything that it has read, and never throws', async (factory) => {
    for (const { key, value, now } of factory.samples) {
      for (const bad of spoiled(value)) checkVerdict(await verdictOf(factory, key, bad, now), 'verify of spoiled bytes')
    }
  }),
  must('verify/expired', 'accepts a record at its last instant, and ignores it after', async (factory) => {
    for (const { key, value, now } of factory.samples) {
      const { expires } = opened(factory.namespace, key, value)
      if (expires === undefined || expires < now) continue
      same((await verdictOf(factory, key, value, expires)).status, 'accept', 'verdict at the last instant')
      const late = await verdictOf(factory, key, value, expires + 1n)
      same(late.status, 'ignore', 'verdict after it: clocks differ, and the sender is not to blame')
      same('code' in late && late.code, 'EXPIRED', 'code')
    }
  }),
  must('verify/until', 'does not vouch for longer than the record lasts', async (factory) => {
    for (const { key, value, now } of factory.samples) {
      const { expires } = opened(factory.namespace, key, value)
      const verdict = await verdictOf(factory, key, value, now)
      if (expires === undefined || verdict.status !== 'accept') continue
      check(
        verdict.until !== undefined && verdict.until <= expires,
        `until is ${verdict.until}; it expires at ${expires}`
      )
    }
  }),
  must(
    'verify/other-key',
    "refuses a good value under another key: a record is its key's",
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
    'rank/ordered',
    'ranks values as they are to be ordered',
    ({ namespace, ordered }) => {
      const { key, values } = ordered ?? { key: new Uint8Array(0), values: [] }
      const records = values.map((value) => opened(namespace, key, value))
      for (const [index, better] of records.entries()) {
        for (const worse of records.slice(0, index)) {
          check(compareRecords(better, worse) > 0, `value ${index} does not rank above one before it`)
          check(compareRecords(worse, better) < 0, 'the order is not the same both ways')
        }
      }
    },
    ['ordered']
  ),
  must(
    'seal/round-trip',
    'seals what it then reads and accepts, not below the sequence asked for',
    async (factory) => {
      const { namespace, sealing } = factory
      if (namespace.seal === undefined || sealing === undefined) throw new Error('nothing can be sealed')
      const { key, content, now, signer } = sealing
      for (const sequence of [0n, 1n, 1000n]) {
        const value = await namespace.seal({ key, content, sequence }, { now, signer })
        const record = opened(namespace, key, value)
        if (record.sequence !== undefined) check(record.sequence >= sequence, `the sequence is ${record.sequence}`)
        same(namespace.content?.(record) ?? record.value, content, 'content')
        const verdict = await verdictOf(factory, key, value, now)
        check(verdict.status === 'accept', `a sealed record is not accepted: ${show(verdict)}`)
      }
    },
    ['signer']
  ),
  must(
    'merge/laws',
    'merges commutatively, associatively, idempotently, and to something that ranks above both',
    ({ namespace, merging }) => {
      const merge = namespace.merge?.bind(namespace)
      if (merge === undefined || merging === undefined) throw new Error('nothing can be merged')
      const records = merging.values.map((value) => opened(namespace, merging.key, value))
      const join = (a: (typeof records)[0], b: (typeof records)[0]): (typeof records)[0] =>
        opened(namespace, merging.key, merge(a, b))
      for (const a of records) {
        same(join(a, a).value, a.value, 'a merged with itself')
        for (const b of records) {
          const both = join(a, b)
          same(both.value, join(b, a).value, 'a with b, and b with a')
          check(
            compareRecords(both, a) >= 0 && compareRecords(both, b) >= 0,
            'a merged record ranks below one of its two'
          )
          for (const c of records) same(join(both, c).value, join(a, join(b, c)).value, 'three, in either order')
        }
      }
    },
    ['merge']
  )
])()

function tryParse(namespace: Namespace, key: Uint8Array, value: Uint8Array): void {
  const parsed = namespace.parse(key, value)
  if (isRefusal(parsed)) checkVerdict(parsed, 'parse of spoiled bytes')
  else check(parsed.rank instanceof Uint8Array, 'what is read has no rank')
}
