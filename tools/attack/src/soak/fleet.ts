import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { peerIdToString } from '@recordkit/record-codec'
import type { AttackerCalls, NodeCalls } from './calls.ts'
import type { AttackerArgument } from './attacker.ts'
import { Child } from './child.ts'
import type { NodeArgument } from './node.ts'

const nodeFile = new URL('node.ts', import.meta.url)
const attackerFile = new URL('attacker.ts', import.meta.url)

export interface FleetOptions {
  readonly nodes: number
  /** the folder of their databases */
  readonly folder: string
  /** ms between two publications of a record */
  readonly republish: number
  /** the seed, hex, of one author for all nodes. @default each node is an author of its own */
  readonly author?: string | undefined
  /** where processes run, the attackers' at index `nodes`. @default all on loopback */
  readonly hosts?: Hosts | undefined
}

/** Hosts that reach each other by IPv4, one for each process. */
export interface Hosts {
  addressOf(index: number): string
  /** a command prefix that runs a process there */
  within(index: number): readonly string[]
}

interface Member {
  readonly argument: NodeArgument
  readonly id: string
  readonly idHex: string
  child: Child | undefined
  calls: NodeCalls | undefined
  addresses: readonly string[]
}

/** The processes of a soak: nodes that can be killed, restarted and partitioned, and one process of attackers. */
export class Fleet implements AsyncDisposable {
  readonly #members: Member[] = []
  #attackers: Child | undefined
  readonly #hosts: Hosts | undefined
  #attackerAddresses: readonly string[] = []
  attackers: AttackerCalls | undefined

  private constructor(hosts: Hosts | undefined) {
    this.#hosts = hosts
  }

  get size(): number {
    return this.#members.length
  }

  /** The calls of a running node; `undefined` while it is killed. */
  node(index: number): NodeCalls | undefined {
    return this.#members[index]?.calls
  }

  get running(): number[] {
    return this.#members.flatMap(({ calls }, index) => (calls === undefined ? [] : [index]))
  }

  /** The index of the node with this peer ID, hex; -1 when there is none. */
  indexOf(idHex: string): number {
    return this.#members.findIndex((member) => member.idHex === idHex)
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const { nodes, folder, republish, author, hosts } = options
    const fleet = new Fleet(hosts)
    try {
      for (let index = 0; index < nodes; index++) {
        const seed = createHash('sha256').update(`soak ${index}`).digest()
        const { peerId } = await keyPairFromSeed(seed)
        const own = join(folder, `node-${index}`)
        await mkdir(own, { recursive: true })
        fleet.#members.push({
          argument: { folder: own, seed: seed.toString('hex'), republish, author, host: hosts?.addressOf(index) },
          id: peerIdToString(peerId),
          idHex: Buffer.from(peerId).toString('hex'),
          child: undefined,
          calls: undefined,
          addresses: []
        })
      }
      await Promise.all(fleet.#members.map(async (_member, index) => fleet.#launch(index)))
      const argument: AttackerArgument = { host: hosts?.addressOf(nodes) }
      fleet.#attackers = await Child.start(attackerFile, argument, hosts?.within(nodes))
      fleet.attackers = fleet.#attackers.calls<AttackerCalls>()
      fleet.#attackerAddresses = await fleet.attackers.addresses()
      await fleet.connect()
      return fleet
    } catch (error) {
      await fleet[Symbol.asyncDispose]()
      throw error
    }
  }

  async kill(index: number): Promise<void> {
    const member = this.#members[index]
    if (member === undefined) return
    member.calls = undefined
    member.addresses = []
    await member.child?.kill()
    member.child = undefined
  }

  async restart(index: number): Promise<void> {
    await this.#launch(index)
    await this.#dial(index)
    await this.attackers?.dial(this.#addressesExcept(-1, false))
  }

  /** Connects every node with every other, and the attackers with all nodes. */
  async connect(): Promise<void> {
    for (const index of this.running) await this.#dial(index)
    await this.attackers?.dial(this.#addressesExcept(-1, false))
  }

  /** Separates these nodes from the others; attackers reach all. */
  async partition(first: readonly number[]): Promise<void> {
    const inFirst = new Set(first)
    const idsOf = (side: boolean): string[] =>
      this.#members.filter((_member, index) => inFirst.has(index) === side).map(({ id }) => id)
    await Promise.allSettled(this.running.map(async (index) => this.node(index)?.partition(idsOf(!inFirst.has(index)))))
  }

  async heal(): Promise<void> {
    await Promise.allSettled(this.running.map(async (index) => this.node(index)?.partition([])))
    await this.connect()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map(async ({ child }) => child?.kill()))
    await this.#attackers?.kill()
  }

  /** A node that is killed meanwhile dials after its restart. */
  async #dial(index: number): Promise<void> {
    await this.node(index)
      ?.dial(this.#addressesExcept(index))
      .catch(() => undefined)
  }

  async #launch(index: number): Promise<void> {
    const member = this.#members[index]
    if (member === undefined) return
    const child = await Child.start(nodeFile, member.argument, this.#hosts?.within(index))
    member.child = child
    const calls = child.calls<NodeCalls>()
    member.addresses = await calls.addresses()
    member.calls = calls
  }

  #addressesExcept(index: number, withAttackers = true): string[] {
    const nodes = this.#members.flatMap(({ addresses }, other) => (other === index ? [] : addresses))
    return withAttackers ? [...nodes, ...this.#attackerAddresses] : nodes
  }
}
