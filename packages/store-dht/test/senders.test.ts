import { DhtRecordStore } from '@recordkit/store-dht'
import { RecordError } from '@recordkit/record-types'
import type { AccessControl } from '@recordkit/record-types'
import { expect, test } from 'vitest'
import { forged, good, key, peer, ToyEngine } from './toy-engine.ts'
import { routingOf } from './toy-routing.ts'

const answers = [
  { from: peer(1), value: good(9) },
  { from: peer(2), value: forged(8) },
  { from: peer(3), value: good(3) },
  { from: peer(4), value: good(2) }
]

/** An engine whose access control denies peer 1 and keeps what it receives. */
function engineWith(checkSender: NonNullable<AccessControl['checkSender']>) {
  const reports: [Uint8Array, string][] = []
  const access: AccessControl = { checkSender, report: (sender, status) => void reports.push([sender, status]) }
  return { engine: Object.assign(new ToyEngine(), { access }), reports }
}

const denied = { status: 'ignore', code: 'SENDER_DENIED', message: 'denied' } as const

test.each(['at once', 'later'])(
  'answers of peers that access control refuses %s are not used, and results of the others are reported',
  async (when) => {
    const asked: unknown[] = []
    const { engine, reports } = engineWith((sender, _key, options) => {
      asked.push(options?.asked)
      const refusal = sender[0] === peer(1)[0] && sender.at(-1) === peer(1).at(-1) ? denied : undefined
      return when === 'later' ? Promise.resolve(refusal) : refusal
    })
    const found = await new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 9 }).get(key)
    expect(found?.record.value).toEqual(good(3))
    expect(found?.from).toEqual([peer(3)])
    expect(found?.refused).toContainEqual({ from: peer(1), refusal: denied })
    expect(asked).toEqual([true, true, true, true])
    // a decision of this node is not reported, nor an answer that was not verified
    expect(reports).toEqual([
      [peer(3), 'accept'],
      [peer(2), 'reject']
    ])
  }
)

test('an access control that fails ends a read with what was found before', async () => {
  const { engine } = engineWith((sender) => {
    if (sender.at(-1) === peer(4).at(-1)) throw new RecordError('STORE_IO', 'the list cannot be read')
    return undefined
  })
  const found = await new DhtRecordStore({ routing: routingOf({ answers }), engine, quorum: 9 }).get(key)
  expect(found?.record.value).toEqual(good(9))
})

test('bytes that the caller overwrites during a put are not sent', async () => {
  const sent: Uint8Array[] = []
  const routing = {
    ...routingOf({}),
    async *put(recordKey: Uint8Array, value: Uint8Array) {
      sent.push(recordKey.slice(), value.slice())
      yield { from: peer(1), status: 'stored' as const }
    }
  }
  const [keyBuffer, valueBuffer] = [key.slice(), good(1).slice()]
  const putting = new DhtRecordStore({ routing, engine: new ToyEngine() }).put(keyBuffer, valueBuffer)
  keyBuffer.fill(0)
  valueBuffer.fill(0)
  await putting
  expect(sent).toEqual([key, good(1)])
})
