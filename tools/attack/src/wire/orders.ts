/** Calls to the process of the attackers. */
export interface AttackerCalls {
  /** sets targets and messages, and connects; the messages are sent in turn, repeatedly. @returns the number of connections */
  prepare(setup: AttackSetup): Promise<number>
  /** attacks until the order is carried out or `halt` is called */
  attack(order: Order): Promise<AttackResult>
  /** number of messages that the running attack has tried so far */
  tried(): Promise<number>
  halt(): Promise<number>
  /** uses as much CPU as an attack until `halt` is called, so that the effect of a busy core on its neighbour cancels out */
  idle(order: Idle): Promise<number>
}

export interface AttackSetup {
  readonly targets: readonly string[]
  readonly protocol: string
  readonly messages: readonly Uint8Array[]
}

/**
 * How attackers send.
 *
 * - `streams`: each message on a stream of its own, as kad-dht does
 * - `one-stream`: one after another on streams that stay open
 * - `hanging`: each message on a stream of its own, which stays open until the end
 */
export type Manner = 'streams' | 'one-stream' | 'hanging'

/** An attack, bounded in number and time even without a call of `halt`. */
export interface Order {
  readonly manner: Manner
  /** maximum number of messages */
  readonly count: number
  /** maximum time in ms */
  readonly milliseconds: number
  /** messages per second of all attackers together. @default as many as they can send */
  readonly rate?: number | undefined
  /** messages that each attacker sends concurrently. @default 8 */
  readonly concurrency?: number | undefined
  /** an attacker that is refused reconnects with a new identity. @default false */
  readonly newIdentities?: boolean | undefined
}

export interface Idle {
  /** share of a core that is busy, 0 to 1 */
  readonly duty: number
  /** maximum time in ms */
  readonly milliseconds: number
}

export interface AttackResult {
  /** messages sent, and messages for which the node refused a stream */
  readonly tried: number
  /** messages sent on a stream */
  readonly sent: number
  /** sent messages that were answered with anything but a reset */
  readonly answered: number
  /** share of a core that the attackers' process was busy */
  readonly duty: number
}
