import { k } from './population.ts'
import type { Population } from './population.ts'
import type { Peers } from './look-up.ts'
import { randomOf } from './random.ts'

/**
 * What is wrong in a network. In all attacks the malicious peers cooperate: they acknowledge a put without storing the record,
 * and answer a get with an older valid record, the only wrong answer that an engine cannot refuse.
 *
 * - `none`: nothing
 * - `dead`: a tenth of the nodes in the routing tables does not answer
 * - `older`: malicious peers name the malicious peers closest to the target
 * - `fast`: as `older`, and they answer three times as fast as others
 * - `instant`: as `older`, and they answer after a twentieth of a round trip, and others after three times as long as otherwise, as
 *   those that have to be dialled first
 * - `phantom`: as `fast`, but each answer names 20 invented peers that are closer to the target than all others, and never answer
 * - `mixed`: as `fast`, but each answer names ten such peers, and the ten malicious peers closest to the target
 * - `eclipse`: as `older`, and 20 more malicious peers have IDs that are nearer to the target than all others
 */
export type Attack = 'none' | 'dead' | 'older' | 'fast' | 'instant' | 'phantom' | 'mixed' | 'eclipse'

/** number of peers with generated IDs */
export const generatedPeers = k

/** share of the nodes that do not answer, in per cent */
const deadPercent = 10

/** The peers of the look-ups of one target, as the nodes of a population see them. */
export class Surroundings {
  readonly #nodes: Population
  readonly #attack: Attack
  readonly #target: number
  readonly #seed: number
  readonly #named = new Map<number, readonly number[]>()
  /** the distances of invented peers, whose numbers follow those of the nodes */
  readonly #invented: number[] = []

  constructor(nodes: Population, attack: Attack, target: number, seed: number) {
    this.#nodes = nodes
    this.#attack = attack
    this.#target = target
    this.#seed = seed
  }

  /** The look-up of one node. */
  seenBy(asker: number): Peers {
    return {
      asker,
      start: this.#nodes.known(asker, this.#target),
      distance: (peer) => this.distance(peer),
      latency: (peer) => this.#latency(peer),
      named: (peer) => this.#names(peer)
    }
  }

  /** The same network around another target. */
  around(target: number): Surroundings {
    return new Surroundings(this.#nodes, this.#attack, target, this.#seed)
  }

  get target(): number {
    return this.#target
  }

  /** The ID of a node. */
  idOf(node: number): number {
    return this.#nodes.ids[node] ?? 0
  }

  distance(peer: number): number {
    return this.#invented[peer - this.#nodes.size] ?? this.#nodes.distance(peer, this.#target)
  }

  /** From half a round trip to one and a half. */
  #latency(peer: number): number | undefined {
    if (peer >= this.#nodes.size || isDead(peer, this.#attack, this.#seed)) return undefined
    const latency = 0.5 + randomOf(this.#seed, this.#target, peer)(1000) / 1000
    const isMalicious = this.#nodes.isMalicious(peer)
    if (this.#attack === 'instant') return isMalicious ? latency / 20 : latency * 3
    return this.#attack !== 'older' && this.#attack !== 'eclipse' && isMalicious ? latency / 3 : latency
  }

  #names(peer: number): readonly number[] {
    let named = this.#named.get(peer)
    if (named === undefined) {
      named = this.#nodes.isMalicious(peer) ? this.#maliciousNames() : this.#nodes.known(peer, this.#target)
      this.#named.set(peer, named)
    }
    return named
  }

  #maliciousNames(): readonly number[] {
    const invented = { none: 0, dead: 0, older: 0, fast: 0, instant: 0, phantom: k, mixed: k / 2, eclipse: 0 }[
      this.#attack
    ]
    const names = Array.from({ length: invented }, () => this.#invent())
    return [...names, ...this.#nodes.closest(this.#target, 'malicious').slice(0, k - invented)]
  }

  #invent(): number {
    const [closest = 0] = this.#nodes.closest(this.#target)
    const index = this.#invented.length
    this.#invented.push(randomOf(this.#seed, this.#target, index)(this.#nodes.distance(closest, this.#target)))
    return this.#nodes.size + index
  }
}

/** Whether a node does not answer. */
export function isDead(node: number, attack: Attack, seed: number): boolean {
  return attack === 'dead' && randomOf(seed, node)(100) < deadPercent
}
