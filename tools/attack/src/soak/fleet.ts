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

/** How a fleet is made. */
export interface FleetOptions {
  readonly nodes: number
  /** where they keep what they have */
  readonly folder: string
  /** ms between two publications of a record */
  readonly republish: number
  /** seed, hex, of an author whose devices all nodes are; absent: each node is an author of its own */
  readonly author?: string
  /** where processes run, the attackers' as number `nodes`; absent: all on loopback */
  readonly ground?: Ground
}

/** Somewhere to run processes that see each other by IPv4. */
export interface Ground {
  host(index: number): string
  /** a command that runs the command behind it there */
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

/** The processes of a soak: nodes that can be killed, started again and cut off, and one of attackers. */
export class Fleet implements AsyncDisposable {
  readonly #members: Member[] = []
  #attackers: Child | undefined
  readonly #ground: Ground | undefined
  #attackerAddresses: readonly string[] = []
  attackers: AttackerCalls | undefined

  private constructor(ground: Ground | undefined) {
    this.#ground = ground
  }

  get size(): number {
    return this.#members.length
  }

  /** Calls of a node that runs. */
  node(index: number): NodeCalls | undefined {
    return this.#members[index]?.calls
  }

  get running(): number[] {
    return this.#members.flatMap(({ calls }, index) => (calls === undefined ? [] : [index]))
  }

  /** The node of a peer ID in hex. */
  indexOf(idHex: string): number {
    return this.#members.findIndex((member) => member.idHex === idHex)
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const { nodes, folder, republish, author, ground } = options
    const fleet = new Fleet(ground)
    try {
      for (let index = 0; index < nodes; index++) {
        const seed = createHash('sha256').update(`soak ${index}`).digest()
        const { peerId } = await keyPairFromSeed(seed)
        const own = join(folder, `node-${index}`)
        await mkdir(own, { recursive: true })
        fleet.#members.push({
          argument: {
            folder: own,
            seed: seed.toString('hex'),
            republish,
            ...(author === undefined ? {} : { author }),
            ...(ground === undefined ? {} : { host: ground.host(index) })
          },
          id: peerIdToString(peerId),
          idHex: Buffer.from(peerId).toString('hex'),
          child: undefined,
          calls: undefined,
          addresses: []
        })
      }
      await Promise.all(fleet.#members.map(async (_member, index) => fleet.#launch(index)))
      const argument: AttackerArgument = ground === undefined ? {} : { host: ground.host(nodes) }
      fleet.#attackers = await Child.start(attackerFile, argument, ground?.within(nodes))
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
    await this.attackers?.dial(this.#addressesBut(-1, false))
  }

  /** Connects everybody with everybody. */
  async connect(): Promise<void> {
    for (const index of this.running) await this.#dial(index)
    await this.attackers?.dial(this.#addressesBut(-1, false))
  }

  /** Cuts the nodes named off from the others; attackers talk to all. */
  async cut(first: readonly number[]): Promise<void> {
    const inFirst = new Set(first)
    const idsOf = (side: boolean): string[] =>
      this.#members.filter((_member, index) => inFirst.has(index) === side).map(({ id }) => id)
    await Promise.allSettled(this.running.map(async (index) => this.node(index)?.cut(idsOf(!inFirst.has(index)))))
  }

  async heal(): Promise<void> {
    await Promise.allSettled(this.running.map(async (index) => this.node(index)?.cut([])))
    await this.connect()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map(async ({ child }) => child?.kill()))
    await this.#attackers?.kill()
  }

  /** One that is killed meanwhile dials when it is started again. */
  async #dial(index: number): Promise<void> {
    await this.node(index)
      ?.dial(this.#addressesBut(index))
      .catch(() => undefined)
  }

  async #launch(index: number): Promise<void> {
    const member = this.#members[index]
    if (member === undefined) return
    const child = await Child.start(nodeFile, member.argument, this.#ground?.within(index))
    member.child = child
    const calls = child.calls<NodeCalls>()
    member.addresses = await calls.addresses()
    member.calls = calls
  }

  #addressesBut(index: number, attackersToo = true): string[] {
    const nodes = this.#members.flatMap(({ addresses }, other) => (other === index ? [] : addresses))
    return attackersToo ? [...nodes, ...this.#attackerAddresses] : nodes
  }
}
