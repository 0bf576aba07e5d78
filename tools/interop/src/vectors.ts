// Runs vectors/rules with the Go code that the rules describe. Where they disagree, the vector must be corrected.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildGo } from './builds.ts'
import { unhex, utf8 } from './bytes.ts'
import {
  type Answer,
  type Call,
  type Implementation,
  ImplementationProcess,
  OperationRefused
} from './implementation.ts'

const rules = fileURLToPath(new URL('../../../vectors/rules/', import.meta.url))

type Json = Record<string, unknown>
const read = (name: string): Json => JSON.parse(readFileSync(join(rules, name), 'utf8')) as Json
const file = (name: unknown): Uint8Array => new Uint8Array(readFileSync(join(rules, String(name))))
const list = (from: Json, name: string): Json[] => from[name] as Json[]

interface Result {
  readonly suite: string
  readonly id: string
  readonly expected: string
  readonly actual: string
}

/** The verdict of Go: `ok`, the names of its sentinel errors, or the text of the error. */
async function verdict(go: Implementation, operation: string, call: Call): Promise<string> {
  try {
    await go.call(operation, call)
    return 'ok'
  } catch (error) {
    if (error instanceof OperationRefused) return error.message
    throw error
  }
}

async function answer(go: Implementation, operation: string, call: Call): Promise<Answer> {
  try {
    return await go.call(operation, call)
  } catch (error) {
    if (error instanceof OperationRefused) return { error: error.message }
    throw error
  }
}

/** Expectations are names of sentinel errors, `error` for any error, or the text of an error without a name. */
function agrees(expected: string, actual: string): boolean {
  if (expected === actual) return true
  if (expected === 'error') return actual !== 'ok'
  if (expected.startsWith('error (')) return actual !== 'ok' && !actual.startsWith('Err')
  if (expected.endsWith('protobuf error')) return actual !== 'ok' && /proto/u.test(actual)
  return actual.startsWith(`${expected}+`) || expected.endsWith(`: ${actual}`)
}

async function* keys(go: Implementation): AsyncGenerator<Result> {
  for (const one of list(read('splitkey.json'), 'cases')) {
    const key = utf8(String(one['key']))
    const split = await answer(go, 'key.split', { bytes: { key } })
    const text = (name: string): string => Buffer.from(String(split[name]), 'hex').toString()
    yield {
      suite: 'splitkey',
      id: JSON.stringify(one['key']),
      expected: 'error' in one ? String(one['error']) : `${String(one['namespace'])} | ${String(one['path'])}`,
      actual: 'error' in split ? String(split['error']) : `${text('namespace')} | ${text('path')}`
    }
  }
  for (const one of list(read('pk-validator-cases.json'), 'cases')) {
    const call = { bytes: { key: unhex(String(one['keyHex'])), value: unhex(String(one['valueHex'])) } }
    yield {
      suite: 'pk-validator',
      id: String(one['id']),
      expected: String(one['expect']),
      actual: await verdict(go, 'pk.judge', call)
    }
  }
}

async function* ipns(go: Implementation): AsyncGenerator<Result> {
  for (const one of list(read('ipns-validator-cases.json'), 'cases')) {
    const keyBook = list(one, 'keyBook').map((entry) => String(entry['publicKeyHex']))
    const bytes = { key: unhex(String(one['routingKeyHex'])), record: file(one['file']) }
    yield {
      suite: 'ipns-validator',
      id: String(one['id']),
      expected: String(one['expect']),
      actual: await verdict(go, 'ipns.judge', { bytes, lists: { keyBook } })
    }
  }
  for (const one of list(read('ipns-select-cases.json'), 'cases')) {
    const bytes = { key: unhex(String(one['routingKeyHex'])) }
    const selected = await answer(go, 'ipns.select', { bytes, lists: { records: one['values'] as string[] } })
    yield {
      suite: 'ipns-select',
      id: String(one['id']),
      expected: String(one['expectIndex']),
      actual: 'error' in selected ? 'error' : String(selected['index'])
    }
  }
}

async function* envelopes(go: Implementation): AsyncGenerator<Result> {
  for (const one of list(read('envelope-cases.json'), 'cases')) {
    const bytes = { envelope: file(one['file']) }
    yield {
      suite: 'envelope',
      id: String(one['id']),
      expected: String(one['expect']),
      actual: await verdict(go, 'peerRecord.open', { bytes })
    }
  }
}

async function* peerIds(go: Implementation): AsyncGenerator<Result> {
  const all = read('peer-ids.json')
  for (const one of list(all, 'pairs')) {
    for (const text of [String(one['peerId']), String(one['cidBase36'])]) {
      const parsed = await answer(go, 'peer.parse', { texts: { text } })
      yield {
        suite: 'peer-ids',
        id: text,
        expected: [one['multihashHex'], one['peerId'], one['cidBase36']].join(' '),
        actual: 'error' in parsed ? String(parsed['error']) : [parsed['peer'], parsed['text'], parsed['name']].join(' ')
      }
    }
  }
  for (const one of list(all, 'refuse')) {
    const text = String(one['text'])
    yield {
      suite: 'peer-ids',
      id: `refuse ${JSON.stringify(text)}`,
      expected: 'error',
      actual: await verdict(go, 'peer.parse', { texts: { text } })
    }
  }
}

async function* times(go: Implementation): AsyncGenerator<Result> {
  for (const one of list(read('timestamps.json'), 'format')) {
    const time = BigInt(String(one['unixSeconds'])) * 1_000_000_000n + BigInt(String(one['nanos']))
    const text = String(one['text'])
    const formatted = await answer(go, 'time.format', { numbers: { time } })
    yield { suite: 'timestamps', id: `format ${text}`, expected: text, actual: String(formatted['text']) }
    const parsed = await answer(go, 'time.parse', { texts: { text } })
    yield { suite: 'timestamps', id: `parse ${text}`, expected: String(time), actual: String(parsed['time']) }
  }
}

async function* datastoreKeys(go: Implementation): AsyncGenerator<Result> {
  const all = read('dskeys.json')
  for (const one of list(all, 'value')) {
    const made = await answer(go, 'datastore.value', { bytes: { key: unhex(String(one['keyHex'])) } })
    const { datastoreKey } = one
    yield {
      suite: 'dskeys',
      id: `value ${String(one['keyHex'])}`,
      expected: String(datastoreKey),
      actual: String(made['key'])
    }
  }
  for (const one of list(all, 'provider')) {
    const call = {
      bytes: { multihash: unhex(String(one['multihashHex'])) },
      texts: { provider: String(one['providerPeerId']) }
    }
    const made = await answer(go, 'datastore.provider', call)
    yield {
      suite: 'dskeys',
      id: `provider ${String(one['multihashHex'])}`,
      expected: `${String(one['datastoreKey'])} true`,
      actual: `${String(made['key'])} ${String(made['zigzagNanoseconds'])}`
    }
  }
  for (const one of list(all, 'providerTime')) {
    const made = await answer(go, 'datastore.providerTime', { numbers: { time: BigInt(String(one['unixNano'])) } })
    yield {
      suite: 'dskeys',
      id: `time ${String(one['unixNano'])}`,
      expected: String(one['valueHex']),
      actual: String(made['value'])
    }
  }
  for (const one of list(all, 'namesysPublished')) {
    const made = await answer(go, 'datastore.published', { texts: { peer: String(one['peerId']) } })
    yield {
      suite: 'dskeys',
      id: `published ${String(one['peerId'])}`,
      expected: String(one['datastoreKey']),
      actual: String(made['key'])
    }
  }
}

const built = await buildGo(console.log)
if ('missing' in built || 'broken' in built) {
  console.log('missing' in built ? built.missing : `the Go program does not build: ${built.broken}`)
  process.exit('missing' in built ? 0 : 1)
}
const go = new ImplementationProcess('go', built.command, built.args)
let agreed = 0
const wrong: Result[] = []
for (const suite of [keys, ipns, envelopes, peerIds, times, datastoreKeys]) {
  for await (const result of suite(go)) {
    if (agrees(result.expected, result.actual)) agreed++
    else wrong.push(result)
  }
}
await go.stop()
for (const { suite, id, expected, actual } of wrong)
  console.log(`${suite} ${id}: expected ${expected}; the verdict of Go is ${actual}`)
console.log(`${agreed} vectors agree with Go, ${wrong.length} do not`)
process.exit(wrong.length === 0 ? 0 : 1)
