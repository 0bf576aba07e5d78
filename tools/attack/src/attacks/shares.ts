import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { RecordStore, StoreBounds, StoredRecord, StorePutOptions } from '@recordkit/record-store'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { SqliteRecordStore } from '@recordkit/store-sqlite'
import { minute } from '@recordkit/testing'
import { MemoryLevel } from 'memory-level'
import type { Attack, Field, Result, Size } from '../attack.ts'
import type { Time } from '../records.ts'
import { senderOf, start } from '../records.ts'

type Bounds = StoreBounds & { readonly clock: () => bigint }

/** The stores under attack, which keep what their groups use in memory and on disk. */
const stores: readonly { readonly name: string; open(bounds: Bounds, field: Field): Promise<RecordStore> }[] = [
  { name: 'store-memory', open: async (bounds) => new MemoryRecordStore(bounds) },
  {
    name: 'store-sqlite',
    open: async (bounds, field) =>
      SqliteRecordStore.open(new DatabaseSync(join(await field.folder(), 'records.db')), {
        ...bounds,
        timeout: Infinity
      })
  },
  { name: 'store-level', open: async (bounds) => LevelRecordStore.open(new MemoryLevel(), bounds) }
]

/** Number of groups of honest senders. */
const honestGroups = 20
/** Number of records that this node publishes. */
const published = 10
/** Number of records that are put concurrently. */
const concurrency = 64

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

/** Where a record comes from. */
interface Origin {
  readonly sender: Uint8Array
  readonly group?: Uint8Array | undefined
  readonly author?: Uint8Array | undefined
}

/** A full store, the attacker's flood, and what the honest senders and this node put into it. */
class Contest {
  readonly #store: RecordStore
  readonly #time: Time
  readonly #attacker: (shot: number) => Origin
  tried = 0
  right = 0
  of = 0

  constructor(store: RecordStore, time: Time, attacker: (shot: number) => Origin) {
    this.#store = store
    this.#time = time
    this.#attacker = attacker
  }

  /** Puts records of the attacker, each under a key of its own. */
  async flood(count: number): Promise<void> {
    for (const end = this.tried + count; this.tried < end;) {
      const puts: Promise<unknown>[] = []
      for (; puts.length < concurrency && this.tried < end; this.tried++)
        puts.push(this.#put(`/attack/${this.tried}`, 1, this.#attacker(this.tried)))
      await Promise.all(puts)
      this.#time.now += minute
    }
  }

  /** Relays a record of an honest author as the attacker. */
  async relay(key: string, origin: Origin): Promise<void> {
    await this.#put(key, 1, origin)
  }

  /** Puts a record of an honest sender, and counts whether it is stored or refreshed. */
  async putHonest(key: string, order: number, origin: Origin): Promise<void> {
    this.#count(['stored', 'refreshed'].includes(await this.#put(key, order, origin)))
  }

  async publish(): Promise<void> {
    for (let index = 0; index < published; index++) {
      const key = `/own/${index}`
      await this.#put(key, 1, undefined, { publication: { key: text(key), network: true } })
    }
  }

  /** Counts which records have the expected order. @returns how many have not */
  async missing(keys: readonly string[], order: number): Promise<number> {
    const found = await this.#store.getMany(keys.map(text))
    const kept = found.map((record) => this.#count(record?.rank[0] === order))
    return kept.filter((isKept) => !isKept).length
  }

  async missingPublished(): Promise<number> {
    const keys = Array.from({ length: published }, (_, index) => `/own/${index}`)
    return this.missing(keys, 1)
  }

  async occupied(): Promise<number> {
    let count = 0
    for await (const _ of this.#store.iterate({ prefix: text('/attack/') })) count++
    return count
  }

  #count(isRight: boolean): boolean {
    this.of++
    if (isRight) this.right++
    return isRight
  }

  async #put(key: string, order: number, origin?: Origin, options: StorePutOptions = {}): Promise<string> {
    const { sender, group, author } = origin ?? {}
    const rank = new Uint8Array(33).fill(order, 0, 1)
    const record: StoredRecord = { key: text(key), value: rank, rank, timeReceived: this.#time.now, sender, author }
    return (await this.#store.put(record, { group, ...options })).status
  }
}

/** Runs a contest on every store, which may contain `maxRecords` beside the published records. */
async function onEveryStore(
  field: Field,
  maxRecords: number,
  attacker: (shot: number) => Origin,
  run: (contest: Contest) => Promise<readonly Size[]>
): Promise<Result> {
  const sizes: Size[] = []
  const total = { tried: 0, right: 0, of: 0 }
  for (const { name, open } of stores) {
    const time = { now: start }
    const store = await open({ clock: () => time.now, maxRecords: maxRecords + published }, field)
    const contest = new Contest(store, time, attacker)
    await contest.publish()
    const found = await run(contest)
    const missing = { what: 'published records missing', size: await contest.missingPublished(), most: 0 }
    const entries = { what: 'records', size: (await store.stats()).entries, most: maxRecords + published }
    for (const size of [...found, missing, entries]) sizes.push({ ...size, what: `${size.what} (${name})` })
    await store.close()
    total.tried += contest.tried
    total.right += contest.right
    total.of += contest.of
  }
  return { tried: total.tried, accepted: 0, honest: total, sizes }
}

interface Flood {
  /** number of the attacker's groups */
  readonly groups: number
  /** number of records that each group may keep when all compete */
  readonly share: number
  readonly shots: number
  readonly attacker: (shot: number) => Origin
  readonly honest: (group: number, record: number) => Origin
}

/**
 * The attacker fills the store first. Then honest groups put as many records as their share has, receive them again, and
 * put newer ones, each while the flood goes on.
 */
async function contend(field: Field, { groups, share, shots, attacker, honest }: Flood): Promise<Result> {
  const most = groups * share
  return onEveryStore(field, (groups + honestGroups) * share, attacker, async (contest) => {
    await contest.flood(Math.ceil((shots * 5) / 8))
    const numbers = [...Array(honestGroups).keys()]
    for (const order of [1, 1, 2]) {
      for (let record = 0; record < share; record++) {
        const put = async (group: number): Promise<void> =>
          contest.putHonest(`/honest/${group}/${record}`, order, honest(group, record))
        await Promise.all(numbers.map(put))
        await contest.flood(Math.ceil(shots / 8 / share))
      }
    }
    const keys = numbers.flatMap((group) => [...Array(share).keys()].map((record) => `/honest/${group}/${record}`))
    return [
      { what: 'records of the attacker', size: await contest.occupied(), most },
      { what: 'honest records missing', size: await contest.missing(keys, 2), most: 0 }
    ]
  })
}

/** Attacks on the space of a store: each group of senders gets the same share. */
export const shares: readonly Attack[] = [
  {
    id: 'share-one-sender',
    title: `one sender fills a store that ${honestGroups} honest senders use; three stores`,
    bound: 'maxRecords, shared equally among the groups of senders',
    run: (field) =>
      contend(field, {
        groups: 1,
        share: 20,
        shots: field.times(10_000, 800),
        attacker: () => ({ sender: senderOf(1) }),
        honest: (group) => ({ sender: senderOf(1_000_000 + group) })
      })
  },
  {
    id: 'share-one-subnet',
    title: `thousands of peer IDs in one /24 fill a store that ${honestGroups} honest subnets use; three stores`,
    bound: 'maxRecords, shared equally among the groups that the option `group` of a put names',
    run: (field) =>
      contend(field, {
        groups: 1,
        share: 20,
        shots: field.times(10_000, 800),
        attacker: (shot) => ({ sender: senderOf(shot), group: Uint8Array.of(10, 0, 0) }),
        honest: (group, record) => ({
          sender: senderOf(1_000_000 + group * 100 + record),
          group: Uint8Array.of(10, 1, group)
        })
      })
  },
  {
    id: 'share-many-groups',
    title: `ten thousand groups of senders fill a store that ${honestGroups} honest senders use; three stores`,
    bound: 'g / (g + h) of maxRecords for g groups of the attacker and h honest ones',
    run: (field) => {
      const groups = field.times(10_000, 100)
      return contend(field, {
        groups,
        share: 2,
        shots: groups * 4,
        attacker: (shot) => ({ sender: senderOf(shot % groups) }),
        honest: (group) => ({ sender: senderOf(1_000_000 + group) })
      })
    }
  },
  {
    id: 'share-steered',
    title:
      'the attacker relays records of 50 owners, then floods; from their next publication on the owners have all their records; three stores',
    bound:
      'a record counts towards its author when the author sends it, and towards the smaller group when another relays it',
    run: steer
  }
]

/**
 * Each owner sends one record, and a group of the attacker relays another. When the owner has sent that too, the groups that
 * relayed it flood, so that what counts towards them is removed.
 */
async function steer(field: Field): Promise<Result> {
  const [owners, flooders, share] = [50, 20, 2]
  const groups = flooders + owners
  const shots = field.times(10_000, 600)
  const numbers = [...Array(owners).keys()]
  const each = async (work: (owner: number) => Promise<void>): Promise<unknown> => Promise.all(numbers.map(work))
  const relays = (owner: number): Origin => ({
    sender: senderOf(flooders + owner),
    author: senderOf(1_000_000 + owner)
  })
  const publishes = (owner: number): Origin => ({
    sender: senderOf(1_000_000 + owner),
    author: senderOf(1_000_000 + owner)
  })
  const keys = numbers.flatMap((owner) => [`/owned/${owner}/0`, `/owned/${owner}/1`])
  // the groups that relay begin to flood in the second half
  const attacker = (shot: number): Origin => ({ sender: senderOf(shot % (shot < shots / 2 ? flooders : groups)) })
  return onEveryStore(field, (groups + owners) * share, attacker, async (contest) => {
    await each((owner) => contest.putHonest(`/owned/${owner}/0`, 1, publishes(owner)))
    await each((owner) => contest.relay(`/owned/${owner}/1`, relays(owner)))
    await contest.flood(Math.ceil(shots / 2))
    await each((owner) => contest.relay(`/owned/${owner}/1`, relays(owner)))
    for (const record of [0, 1])
      await each((owner) => contest.putHonest(`/owned/${owner}/${record}`, 1, publishes(owner)))
    const before = await contest.missing(keys, 1)
    await contest.flood(Math.ceil(shots / 4))
    // one of the attacker's groups cannot draw them all
    await each((owner) => contest.relay(`/owned/${owner}/0`, { ...relays(owner), sender: senderOf(0) }))
    await contest.flood(Math.ceil(shots / 4))
    return [
      { what: 'records of the attacker', size: await contest.occupied(), most: groups * share },
      { what: 'records of owners missing after they sent them', size: before, most: 0 },
      { what: 'records of owners missing at the end', size: await contest.missing(keys, 1), most: 0 }
    ]
  })
}
