import { PeerScores, TokenBucketLimiter } from '@recordkit/record-access'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { WorkBudget } from '@recordkit/record-types/internal'
import type { RecordNetwork, VerifiedRecord } from '@recordkit/record-types'
import { systemClock } from '@recordkit/record-types'
import { anyAuthor, signed } from '@recordkit/record-validators'
import { hour } from '@recordkit/testing'
import { internal } from '@recordkit/testing/internal'
import { Key } from 'interface-datastore'
import { base32 } from 'multiformats/bases/base32'
import { base58btc } from 'multiformats/bases/base58'
import { numbered, peerOf } from './subject.ts'
import type { Subject } from './subject.ts'

/** The parts of private modules that are filled. */
interface Inbound {
  new (
    options?: object,
    parts?: object
  ): {
    takeTokens(peer: Uint8Array, messages: number): number | undefined
    exceeded(peer: Uint8Array): Error
    refused(from: object, message: object): void
  }
}
interface Senders {
  new (clock: () => bigint): { readonly size: number; add(key: Uint8Array, value: Uint8Array, sender: object): void }
}
type BoundEntries = (
  datastore: object,
  options: { maxEntries: number; groupOf: (peer: Uint8Array) => Uint8Array; isOwn: () => boolean }
) => { put(key: object, value: Uint8Array): Promise<unknown> }
interface Groups {
  new (): { add(connection: object): Uint8Array }
}
interface Providers {
  new (options: object): {
    readonly bytes: number
    add(multihash: Uint8Array, provider: object, signed: boolean): void
    get(multihash: Uint8Array): readonly unknown[]
  }
}
interface WatchList {
  new (): {
    open(watched: object, signal: undefined): { next(): Promise<object | undefined> }
    notify(record: object): void
    readonly waiting: number
  }
}
interface Verdicts {
  new (maximum: number): {
    set(digest: string, verdict: object): void
    setNormal(digest: string): void
    readonly stats: { readonly entries: number }
  }
}
interface Held {
  readonly size: number
  add(record: object, view: object): unknown
}
interface Rates {
  new (): { take(group: string, free: number, now: bigint): boolean }
}

const nameOf = (number: number): string => String.fromCharCode(...numbered(number, 32))

function providerCache(title: string, addressSize: number, most: number): Subject {
  return {
    id: `provider-cache-${addressSize}`,
    title: `provider cache, full of addresses of ${title}`,
    bound: '16 MiB of memory; 1,024 contents; 20 providers of 32 addresses each',
    whenFull:
      'the content whose providers were found longest ago is removed; a provider that did not sign never displaces one that did',
    most,
    async fill() {
      const { ProviderCache } = await internal<{ ProviderCache: Providers }>('store-dht/src/provider-cache.ts')
      const day = 86_400_000_000_000n
      const options = { maxProviderAge: 2n * day, maxAddressAge: day, maxProviders: 20, maxMultihashes: 1024 }
      const cache = new ProviderCache({ ...options, clock: systemClock })
      for (let content = 0; content < 1_200; content++) {
        for (let provider = 0; provider < 22; provider++) {
          const addresses = Array.from({ length: 32 }, (_, index) => numbered(index, addressSize))
          cache.add(numbered(content, 34), { id: peerOf(content * 22 + provider), addresses }, false)
        }
      }
      return { count: cache.bytes, limit: 16_777_216, kept: cache }
    }
  }
}

function lookupCache(title: string, size: number, most: number): Subject {
  return {
    id: `lookup-cache-${size}`,
    title: `cache of look-ups, full of records of ${title}`,
    bound: 'maxAnswers 10,000; maxBytes 16 MiB',
    whenFull: 'the oldest answer is removed: its next read asks the network',
    most,
    async fill() {
      const now = systemClock()
      const network: RecordNetwork = {
        get: async (key) => {
          const record = {
            key,
            content: new Uint8Array(0),
            value: numbered(1, size),
            rank: numbered(1, 33),
            expires: now + 24n * hour,
            ttl: 24n * hour
          }
          return { record: record as unknown as VerifiedRecord, from: [peerOf(1)], answers: 1, agreeing: 1 } as never
        },
        put: async () => ({ copies: { requested: 1, reached: 1 }, peers: [] })
      }
      const { LookupCache } = await internal<{
        LookupCache: new (
          network: RecordNetwork,
          parts: { readonly engine: object; readonly clock: () => bigint }
        ) => {
          best(key: Uint8Array, stored: undefined, options: object): Promise<unknown>
          readonly stats: { readonly cached: number }
        }
      }>('record-manager/src/lookup-cache.ts')
      const cache = new LookupCache(network, { engine: { compare: () => 0 }, clock: systemClock })
      for (let number = 0; number < 11_000; number++) await cache.best(numbered(number, 40), undefined, {})
      return { count: cache.stats.cached, limit: 10_000, kept: cache }
    }
  }
}

function watcher(id: string, title: string, size: number, count: number, most: number): Subject {
  return {
    id,
    title,
    bound: '1,024 waiting records and 4 MiB per watcher, 16 MiB for all together; one record per watcher in any case',
    whenFull:
      'the record that waits longest is dropped, of the watchers with more than an equal share; the latest of each key is never replaced by an older one',
    most,
    async fill() {
      const { Watchers } = await internal<{ Watchers: WatchList }>('record-manager/src/watchers.ts')
      const watchers = new Watchers()
      const readers = Array.from({ length: count }, (_, index) =>
        watchers.open({ prefix: Uint8Array.of(index) }, undefined)
      )
      for (let number = 0; number < 2_000; number++) {
        for (let index = 0; index < count; index++) {
          const key = numbered(number, 40)
          key[0] = index
          watchers.notify({ key, content: numbered(number, size), value: numbered(number, size + 200) })
        }
      }
      return { count: watchers.waiting, limit: 1_024 * count, kept: { watchers, readers } }
    }
  }
}

/** Records as a manager that has read them holds them. */
function heldRecords(title: string, size: number, most: number): Subject {
  return {
    id: `held-records-${size}`,
    title: `parsed records of a manager, of ${title}`,
    bound: '4,096 records; 8 MiB',
    whenFull: 'the record that was added longest ago is removed: it is parsed and verified again',
    most,
    async fill() {
      const { HeldRecords } = await internal<{ HeldRecords: new () => Held }>('record-manager/src/held-records.ts')
      const held = new HeldRecords()
      const namespace = signed('held', { authors: anyAuthor() })
      const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
      for (let number = 0; number < 10_000; number++) {
        const key = new TextEncoder().encode(`/held/${number}`)
        const content = new Uint8Array(Math.max(0, size - 250))
        const value = await namespace.seal({ key, content, sequence: 1n }, { now: 0n, signer })
        const record = namespace.parse(key, new Uint8Array(value))
        if ('status' in record) throw new Error(record.message)
        held.add(record, { key, value: record.value, content: record.fields.record.content, timeReceived: 0n })
      }
      return { count: held.size, limit: 4_096, kept: held }
    }
  }
}

export const memorySubjects: readonly Subject[] = [
  {
    id: 'verdicts',
    title: 'verdicts on signatures and normal forms of an engine',
    bound: 'verdicts 4,096, twice',
    whenFull: 'the verdict that was used longest ago is removed: the signature is verified again',
    most: 4,
    async fill() {
      const { VerdictCache } = await internal<{ VerdictCache: Verdicts }>('record-validators/src/verdict-cache.ts')
      const cache = new VerdictCache(4_096)
      for (let number = 0; number < 10_000; number++) {
        cache.set(nameOf(number), { status: 'accept', publicKey: numbered(number, 36) })
        cache.setNormal(nameOf(number))
      }
      return { count: cache.stats.entries, limit: 4_096, kept: cache }
    }
  },
  heldRecords('200 bytes', 200, 20),
  heldRecords('64 KiB', 65_536, 20),
  lookupCache('200 bytes', 200, 20),
  lookupCache('64 KiB', 65_536, 20),
  watcher('watcher-200', 'one watcher that does not read, full of records of 200 bytes', 200, 1, 4),
  watcher('watcher-65536', 'one watcher that does not read, full of records of 64 KiB', 65_536, 1, 6),
  watcher('watchers', 'a hundred watchers that do not read, full of records of 10 KiB', 10_240, 100, 20),
  providerCache('512 bytes', 512, 20),
  providerCache('8 bytes', 8, 20),
  {
    id: 'inbound-limits',
    title: 'rates, resets, scores, budgets and bans of inbound limits',
    bound: 'maxTrackedPeers 10,000: as many rates, resets, scores, budgets of groups and of peers; 40,000 bans',
    whenFull: 'the peer that was active longest ago is removed; bans stay, until there are four times as many',
    most: 20,
    async fill() {
      const { InboundLimits } = await internal<{ InboundLimits: Inbound }>('record-libp2p/src/inbound-limits.ts')
      const limits = new InboundLimits({ maxResetsPerMinute: 1 })
      for (let number = 0; number < 170_000; number++) {
        const sender = peerOf(number)
        limits.takeTokens(sender, 1)
        limits.exceeded(sender)
        limits.exceeded(sender)
        limits.refused({ sender, group: numbered(number >> 4, 4) }, { status: 'ignore', work: 1 })
      }
      return { count: 40_000, limit: 40_000, kept: limits }
    }
  },
  {
    id: 'record-senders',
    title: 'senders of records that kad-dht is processing',
    bound: '4,096 records with 20 senders each and 8,192 senders together, for 60 s; twice: for puts and for answers',
    whenFull: 'the record that waits longest is removed: it is stored without a sender',
    most: 16,
    async fill() {
      const { RecordSenders } = await internal<{ RecordSenders: Senders }>('record-libp2p/src/record-senders.ts')
      const both = [new RecordSenders(systemClock), new RecordSenders(systemClock)]
      for (const senders of both) {
        for (let number = 0; number < 100_000; number++)
          senders.add(numbered(number >> 1, 40), numbered(number >> 1, 10), {
            sender: peerOf(number),
            group: numbered(number, 4)
          })
      }
      return { count: both.reduce((sum, { size }) => sum + size, 0), limit: 16_384, kept: both }
    }
  },
  {
    id: 'provider-entries',
    title: 'index of what other peers announce, of which kad-dht keeps entries in the datastore',
    bound: 'maxProviderEntries 20,000',
    whenFull: 'the oldest entry of the group of peers with the most entries is removed',
    most: 16,
    async fill() {
      const { boundProviderEntries } = await internal<{ boundProviderEntries: BoundEntries }>(
        'record-libp2p/src/provider-entries.ts'
      )
      let count = 0
      const datastore = boundProviderEntries(
        {
          async *queryKeys() {},
          put: async () => void count++,
          delete: async () => void count--
        },
        { maxEntries: 20_000, groupOf: (peer) => peer, isOwn: () => false }
      )
      for (let number = 0; number < 30_000; number++) {
        const content = base32.encode(numbered(number, 34)).slice(1)
        const peer = base58btc.encode(peerOf(number)).slice(1)
        await datastore.put(new Key(`/dht/provider/${content}/${peer}`), numbered(number, 6))
      }
      return { count, limit: 20_000, kept: datastore }
    }
  },
  {
    id: 'sender-groups',
    title: 'groups of peers that connected',
    bound: '10,000 peers',
    whenFull: 'the peer that connected longest ago is removed: it is a group of its own',
    most: 6,
    async fill() {
      const { SenderGroups } = await internal<{ SenderGroups: Groups }>('record-libp2p/src/sender-group.ts')
      const groups = new SenderGroups()
      for (let number = 0; number < 20_000; number++)
        groups.add({
          remotePeer: { toMultihash: () => ({ bytes: peerOf(number) }) },
          remoteAddr: {
            getComponents: () => [{ name: 'ip4', value: `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}` }]
          }
        })
      return { count: 10_000, limit: 10_000, kept: groups }
    }
  },
  {
    id: 'access',
    title: 'rates and scores of access control',
    bound: 'maxBuckets 10,000; maxPeers 10,000',
    whenFull: 'the peer that was active longest ago is removed: its bucket is full and its score 0 again',
    most: 8,
    async fill() {
      const limiter = new TokenBucketLimiter({ points: 10, duration: 1000 })
      const scores = new PeerScores()
      for (let number = 0; number < 20_000; number++) {
        await limiter.consume(peerOf(number).join(''), 1)
        scores.report(peerOf(number), 'reject')
      }
      return { count: Math.max(limiter.size, scores.size), limit: 10_000, kept: { limiter, scores } }
    }
  },
  {
    id: 'work-budget',
    title: 'budgets of fruitless work',
    bound: '10,000 groups and 10,000 peers',
    whenFull: 'the group or peer that caused work longest ago is removed: its budget is full again',
    most: 8,
    async fill() {
      const budget = new WorkBudget()
      for (let number = 0; number < 200_000; number++) budget.spend(peerOf(number), numbered(number >> 4, 4), 1)
      return { count: budget.size, limit: 10_000, kept: budget }
    }
  },
  {
    id: 'admission-rate',
    title: 'admission rates of groups in a store that is half full',
    bound: '65,536 groups',
    whenFull: 'the group that added a key longest ago is removed: it has its burst again',
    most: 20,
    async fill() {
      const { AdmissionRate } = await internal<{ AdmissionRate: Rates }>('record-store/src/admission-rate.ts')
      const rate = new AdmissionRate()
      for (let number = 0; number < 100_000; number++) rate.take(nameOf(number), 1_000, systemClock())
      return { count: 65_536, limit: 65_536, kept: rate }
    }
  }
]
