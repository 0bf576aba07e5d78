import type { Attack, Field, Result } from '../attack.ts'
import { StoreContest } from '../wire/store-contest.ts'
import type { Owner } from '../wire/store-contest.ts'

/** Number of honest groups in a full run. */
const honestGroups = 20
const limitsAreOff = 'inbound limits are off, so that only the bounds of the store act'

interface Flood {
  /** number of the attacker's groups, and of its peers */
  readonly groups: number
  readonly peers: number
  /** number of records that each peer sends before the owners begin */
  readonly each: number
  /** share of the peers that send as many again while the owners send. @default all */
  readonly again?: number | undefined
  /** number of records that each group may keep when all compete */
  readonly share: number
  /** number of honest groups. @default 20, and 3 in a short run */
  readonly honest?: number | undefined
  /** whether the peers of the attacker appear to connect from one /24, and each owner from one of its own */
  readonly subnets: boolean
}

/**
 * The attacker fills the stores first. Then each owner puts as many records as its share has, sends them again, and puts newer
 * ones, each while the flood goes on.
 */
async function contend(field: Field, flood: Flood): Promise<Result> {
  const { groups, peers, each, again = 1, share, honest = field.times(honestGroups, 3), subnets } = flood
  await using contest = await StoreContest.start(field, (groups + honest) * share)
  const attackers = await contest.crowd(peers, subnets ? '198.51.100.7' : undefined)
  const owners: Owner[] = []
  for (let index = 0; index < honest; index++) owners.push(await contest.owner(subnets ? `10.1.${index}.7` : undefined))
  const paths = Array.from({ length: share }, (_, index) => `r${index}`)
  await contest.flood(attackers, each)
  const rest = attackers.slice(0, Math.ceil(peers * again))
  const sendOwned = async (sequence: number): Promise<void> => {
    for (const path of paths) await Promise.all(owners.map(async (owner) => contest.put(owner, { path, sequence })))
  }
  for (const sequence of [1, 1, 2]) {
    await sendOwned(sequence)
    await contest.flood(rest, Math.ceil(each / 3))
  }
  const owned = owners.flatMap((owner) => paths.map((path) => ({ owner, path })))
  const sizes = [
    { what: 'peers of the attacker', size: peers, most: peers },
    ...(await contest.sizes(groups * share, owned))
  ]
  return { tried: contest.tried * 3, accepted: 0, honest: contest, sizes }
}

/**
 * Each owner sends one record, and a peer of the attacker relays another. When the owner has sent that too, the peers that relayed
 * it flood, so that what counts towards them is removed.
 */
async function steer(field: Field): Promise<Result> {
  const [count, flooders, share] = [field.times(50, 3), field.times(20, 3), 2]
  await using contest = await StoreContest.start(field, (flooders + count * 2) * share)
  const owners: Owner[] = []
  const relays: Owner[] = []
  for (let index = 0; index < count; index++) {
    owners.push(await contest.owner())
    relays.push(await contest.owner())
  }
  const attackers = await contest.crowd(flooders)
  const pairs = owners.map((owner, index) => ({ owner, relay: (relays[index] as Owner).peer }))
  const relayAll = async (path: string): Promise<unknown> =>
    Promise.all(pairs.map(async ({ owner, relay }) => contest.put(owner, { path, sequence: 1, relay })))
  const sendAll = async (path: string): Promise<unknown> =>
    Promise.all(owners.map(async (owner) => contest.put(owner, { path, sequence: 1 })))
  const each = field.times(100, 12)
  await sendAll('sent')
  await relayAll('relayed')
  await contest.flood(attackers, each)
  await relayAll('relayed')
  await sendAll('sent')
  await sendAll('relayed')
  for (let turn = 0; turn < 2; turn++) {
    await contest.flood(attackers, Math.ceil(each / 2))
    // another peer relays what the owners sent: it cannot draw it into its share
    await relayAll('sent')
  }
  const owned = owners.flatMap((owner) => ['sent', 'relayed'].map((path) => ({ owner, path })))
  const sizes = await contest.sizes((flooders + count) * share, owned)
  return { tried: contest.tried * 3, accepted: 0, honest: contest, sizes }
}

/** Attacks on the space of a store over the wire: PUT_VALUE of real peers to three real nodes, one on each store. */
export const wireShares: readonly Attack[] = [
  {
    id: 'wire-share-one-sender',
    title: `one peer fills a store that ${honestGroups} honest peers use; three nodes, one on each store`,
    bound: `maxRecords, shared equally among the peers; ${limitsAreOff}`,
    run: (field) =>
      contend(field, { groups: 1, peers: 1, each: field.times(2_000, 48), share: field.times(20, 3), subnets: false })
  },
  {
    id: 'wire-share-one-subnet',
    title: `peers of one /24 fill a store that peers of ${honestGroups} other /24 use; three nodes, one on each store`,
    bound: `maxRecords, shared equally among the /24; addresses are injected, as loopback has one; ${limitsAreOff}`,
    run: (field) =>
      contend(field, {
        groups: 1,
        peers: field.peers(1_000),
        each: 3,
        again: field.short ? 1 : 0.1,
        share: field.times(20, 3),
        subnets: true
      })
  },
  {
    id: 'wire-share-many-groups',
    title: `many peers, each a group, fill a store that ${honestGroups} honest peers use; three nodes, one on each store`,
    bound: `g / (g + h) of maxRecords for g groups of the attacker and h honest ones; ${limitsAreOff}`,
    run: (field) => {
      const peers = field.peers(2_000)
      return contend(field, { groups: peers, peers, each: 3, again: field.short ? 1 : 0.3, share: 2, subnets: false })
    }
  },
  {
    id: 'wire-share-service',
    title: 'many peers of one /24 against one honest service with 100 records; three nodes, one on each store',
    bound: `half of maxRecords each, as they are two groups; addresses are injected; ${limitsAreOff}`,
    run: (field) =>
      contend(field, {
        groups: 1,
        peers: field.peers(5_000),
        each: 1,
        again: field.short ? 1 : 0.1,
        share: field.times(100, 10),
        honest: 1,
        subnets: true
      })
  },
  {
    id: 'wire-share-steered',
    title:
      'peers relay records of 50 owners, then others flood; from their next publication on the owners have all their records; three nodes, one on each store',
    bound: `a record counts towards its author when the author sends it, and towards the smaller group when another relays it; ${limitsAreOff}`,
    run: steer
  }
]
