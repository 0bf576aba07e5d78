import type { UnverifiedRecord, RecordRouting } from '@recordkit/record-types'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { DhtRecordStore } from '@recordkit/store-dht'
import { median, start, timed } from './network.ts'

const rounds = 30

/** Compares get with that of kad-dht, alternately on one network; `lines/puts.ts` compares put. */
export async function compareWithKadDht(print: (line: string) => void): Promise<void> {
  const { network, records, keyOf } = await start(20, [])
  await using _network = network
  const writer = records[0]
  const reader = records[10]
  const reading = network.honest[10]?.services.dht
  if (writer === undefined || reader === undefined || reading === undefined) return
  const times: Record<'ourGet' | 'theirGet', number[]> = { ourGet: [], theirGet: [] }
  for (let round = 0; round < rounds; round++) {
    const key = keyOf(0, `round-${round}`)
    const { record } = await writer.manager.put(key, new Uint8Array(200).fill(round), { offline: true })
    await (
      await writer.network.put(key, record.value)
    ).complete
    const ourGet = async (): Promise<void> => {
      times.ourGet.push((await timed(async () => reader.network.get(key, { quorum: 3 }))).ms)
    }
    const theirGet = async (): Promise<void> => {
      times.theirGet.push((await timed(async () => drain(reading.get(key)))).ms)
    }
    // the first of the two opens connections for both: alternate
    for (const get of round % 2 === 0 ? [ourGet, theirGet] : [theirGet, ourGet]) await get()
  }
  const row = (title: string, ours: readonly number[], theirs: readonly number[], target: number): void => {
    const ratio = median(ours) / median(theirs)
    print(`| ${title} | ${median(ours).toFixed(1)} | ${median(theirs).toFixed(1)} | ${ratio.toFixed(2)} | ${target} |`)
  }
  print('| 20 nodes, median of 30 | ours, ms | kad-dht, ms | ratio | target, at most |')
  print('| --- | ---: | ---: | ---: | ---: |')
  row('get with a quorum of 3', times.ourGet, times.theirGet, 0.75)
}

/** Measures the cost of validating 20 identical answers against that of one. */
export async function identicalAnswers(print: (line: string) => void, record: UnverifiedRecord): Promise<void> {
  const measure = async (count: number): Promise<number> => {
    const routing: RecordRouting = {
      async *get() {
        for (let peer = 0; peer < count; peer++) yield { from: Uint8Array.of(0, 1, peer), value: record.value.slice() }
      },
      async *put() {}
    }
    const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })])
    const network = new DhtRecordStore({ routing, engine, quorum: count })
    return (await timed(async () => network.get(record.key))).ms
  }
  const one: number[] = []
  const twenty: number[] = []
  for (let round = 0; round < 300; round++) {
    one.push(await measure(1))
    twenty.push(await measure(20))
  }
  const ratio = median(twenty) / median(one)
  print(
    `| 20 identical answers against one | ${median(twenty).toFixed(3)} | ${median(one).toFixed(3)} | ${ratio.toFixed(2)} | 2 |`
  )
}

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _event of events);
}
