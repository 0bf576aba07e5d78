/** What the attackers' process is called for. Bytes go as bytes. */
export interface AttackerCalls {
  /** whom to attack, and with what: the messages are sent in turn, again and again */
  arm(arms: Arms): Promise<number>
  /** attacks until the order is carried out or `halt` is called */
  strike(order: Order): Promise<Struck>
  /** messages tried so far by the attack under way */
  tried(): Promise<number>
  halt(): Promise<number>
  /** works as hard as a strike did, but for nobody, until `halt` is called: what a busy core costs its neighbour is not the attack's */
  idle(order: Idle): Promise<number>
}

export interface Arms {
  readonly targets: readonly string[]
  readonly protocol: string
  readonly messages: readonly Uint8Array[]
}

/**
 * How attackers send.
 *
 * - `streams`: each message on a stream of its own, as Kademlia's peers do
 * - `one-stream`: one after another on streams that stay open
 * - `hanging`: a stream is opened, sent what there is, and held until the end
 */
export type Manner = 'streams' | 'one-stream' | 'hanging'

/** Bounded in number and in time, whoever forgets to call `halt`. */
export interface Order {
  readonly manner: Manner
  /** messages at the most */
  readonly count: number
  /** ms at the most */
  readonly milliseconds: number
  /** messages a second of all attackers together; absent: as fast as they can */
  readonly rate?: number
  /** messages that each attacker has under way at once; 8 when absent */
  readonly lanes?: number
  /** whoever is no longer let in comes again as somebody else */
  readonly fresh?: boolean
}

export interface Idle {
  /** share of a core that is busy, 0 to 1 */
  readonly duty: number
  /** ms at the most */
  readonly milliseconds: number
}

export interface Struck {
  /** messages sent, or that a node would not let be sent */
  readonly tried: number
  /** messages that a stream took */
  readonly sent: number
  /** of these, answered with anything but a reset */
  readonly answered: number
  /** share of a core that the attackers' process was busy */
  readonly duty: number
}
