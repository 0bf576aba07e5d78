import { internal } from '@recordkit/testing/internal'
import { numbered, peerOf } from './subject.ts'
import type { Subject } from './subject.ts'

/** The parts of private modules of store-dht that are filled. */
interface Regions {
  new (clock: () => bigint): { readonly size: number; add(key: number, closest: readonly object[]): void }
}
interface Queue {
  new (options: object): {
    readonly size: number
    add(topic: string, sender: string, size: number, work: () => Promise<unknown>): Promise<unknown>
  }
}
interface FetchList {
  new (options: object): { readonly size: number; add(topic: object, peer: object, signal: AbortSignal): void }
}
type CopyPeerId = (id: object) => object

const idBits = 48
const never: Promise<never> = new Promise<never>(() => undefined)

/** A peer ID as libp2p reads it from a message: a view of 64 KiB. */
function namedPeer(number: number): object {
  const message = new Uint8Array(65_536)
  message.set(peerOf(number))
  return { type: 'Ed25519', toMultihash: () => ({ bytes: message.subarray(0, 38) }) }
}

export const networkSubjects: readonly Subject[] = [
  {
    id: 'known-regions',
    title: 'peers that the walks of puts found, and their regions of the DHT',
    bound: '4,096 peers of 1,024 walks, for 10 min',
    whenFull: 'all are forgotten: the next put walks',
    most: 16,
    async fill() {
      const { KnownRegions } = await internal<{ KnownRegions: Regions }>('store-dht/src/known-regions.ts')
      const { copyPeerId } = await internal<{ copyPeerId: CopyPeerId }>('store-dht/src/copied-peer-id.ts')
      const regions = new KnownRegions(() => 0n)
      // until one more walk would make it forget all
      for (let walk = 0; walk < 408; walk++) {
        const key = (walk * 2_654_435_761 * 65_537) % 2 ** idBits
        regions.add(
          key,
          Array.from({ length: 20 }, (_, index) => {
            const number = walk * 20 + index
            const name = String.fromCharCode(...peerOf(number))
            return {
              peer: copyPeerId(namedPeer(number)),
              name,
              id: (key + index * 1_000_003) % 2 ** idBits,
              distance: 0
            }
          })
        )
      }
      return { count: regions.size, limit: 4_096, kept: regions }
    }
  },
  {
    id: 'pubsub-messages',
    title: 'PubSub messages that wait to be verified',
    bound: '256 messages and 1 MiB; one of each sender and topic',
    whenFull: 'the sender of which most is waiting loses its oldest message',
    most: 4,
    async fill() {
      const { MessageQueue } = await internal<{ MessageQueue: Queue }>('store-dht/src/pubsub-queue.ts')
      const queue = new MessageQueue({ concurrency: 4, maxMessages: 256, maxBytes: 1_048_576 })
      for (let number = 0; number < 10_000; number++) {
        const data = numbered(number, 1_000)
        void queue.add(`topic-${number % 500}`, String(number), data.length, async () => (await never, data))
      }
      return { count: queue.size, limit: 256, kept: queue }
    }
  },
  {
    id: 'pubsub-fetches',
    title: 'peers that are asked for the records of PubSub topics, and the times when they were asked',
    bound: '8 fetches run, 512 wait; 4,096 times',
    whenFull: 'the peer of which most wait loses its oldest fetch; the oldest time is removed',
    most: 4,
    async fill() {
      const { Fetches } = await internal<{ Fetches: FetchList }>('store-dht/src/pubsub-fetches.ts')
      const { signal } = new AbortController()
      const [clock, setTimer] = [() => 0n, () => () => undefined]
      const fetches = new Fetches({ fetch: { fetch: () => never }, timeout: 10_000, clock, setTimer })
      for (let number = 0; number < 20_000; number++) {
        const topic = { name: `topic-${number % 500}`, key: numbered(number % 500, 40), isJoined: true }
        fetches.add(topic, { toMultihash: () => ({ bytes: peerOf(number) }) }, signal)
      }
      return { count: fetches.size, limit: 520, kept: fetches }
    }
  }
]
