// Writes to a store until it is killed, and prints each acknowledged write as a line.
import { writeSync } from 'node:fs'
import { rankWithIdentity } from '@recordkit/record-store/internal'
import { ClassicLevel } from 'classic-level'
import { LevelRecordStore } from '../../src/index.ts'

const [, , location = '', durable = '', start = ''] = process.argv

const store = await LevelRecordStore.open(new ClassicLevel(location), { durable: durable === 'true' })
let rank = BigInt(start)

function next(): { key: string; rank: bigint } {
  rank++
  return { key: `/k/${Math.floor(Math.random() * 40)}`, rank }
}

function recordOf({ key, rank }: { key: string; rank: bigint }): Parameters<typeof store.put>[0] {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, rank)
  const value = new Uint8Array(Math.floor(Math.random() * 2000)).fill(Number(rank & 0xffn))
  const now = BigInt(Date.now()) * 1_000_000n
  return {
    key: new TextEncoder().encode(key),
    value,
    rank: rankWithIdentity(bytes),
    timeReceived: now,
    expires: now + 10n ** 15n
  }
}

function randomGroup(): Uint8Array {
  return Uint8Array.of(Math.floor(Math.random() * 5))
}

function acknowledge(...writes: readonly { key: string; rank: bigint }[]): void {
  writeSync(1, writes.map(({ key, rank }) => `${key} ${rank}\n`).join(''))
}

async function writeEndlessly(): Promise<never> {
  for (;;) {
    const choice = Math.random()
    const write = next()
    if (choice < 0.6) {
      if ((await store.put(recordOf(write), { group: randomGroup() })).status === 'stored') acknowledge(write)
    } else if (choice < 0.8) {
      const many = Array.from({ length: 20 }, next)
      const results = await store.batch(
        many.map((each) => ({ type: 'put', record: recordOf(each), group: randomGroup() }))
      )
      acknowledge(
        ...many.filter(
          (_, index) => 'status' in (results[index] ?? {}) && (results[index] as { status: string }).status === 'stored'
        )
      )
    } else if (choice < 0.95) {
      await store.delete(new TextEncoder().encode(write.key))
    } else {
      await store.sweep()
    }
  }
}

writeSync(1, 'open\n')
await Promise.all([writeEndlessly(), writeEndlessly(), writeEndlessly(), writeEndlessly()])
