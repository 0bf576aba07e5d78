import type { KeyPair } from '@recordkit/record-crypto'
import type { RecordManager } from '@recordkit/record-manager'
import { day } from '@recordkit/testing'
import { equalBytes } from '@recordkit/record-types'
import type { Tally } from './attack.ts'
import { keyPair, ownKey, sealed, senderOf } from './records.ts'
import type { Time } from './records.ts'
import type { Random } from './random.ts'

/** Keys of the honest author, each rewritten again and again. */
const keys = 16

/** An honest author whose records a peer hands over and a reader asks for, while somebody attacks. */
export class Honest implements Tally {
  right = 0
  of = 0
  /** the node publishes these records itself, instead of being handed them */
  publishes = false
  readonly author: KeyPair
  /** who hands the records over */
  readonly sender = senderOf(0xffff_ffff)
  readonly #contents: Uint8Array[] = []
  #manager: RecordManager | undefined
  #time: Time = { now: 0n }
  #round = 0

  private constructor(author: KeyPair) {
    this.author = author
  }

  static async of(random: Random): Promise<Honest> {
    return new Honest(await keyPair(random))
  }

  /** The node that is talked to from now on. */
  talkTo(manager: RecordManager, time: Time): void {
    this.#manager = manager
    this.#time = time
  }

  keyOf(number: number): Uint8Array {
    return ownKey(this.author, `h${number % keys}`)
  }

  /** One record handed over and one asked for, a tenth of a second after the last. */
  async once(): Promise<void> {
    this.#time.now += 100_000_000n
    const number = this.#round++ % keys
    const key = this.keyOf(number)
    const content = new TextEncoder().encode(`honest ${this.#round}`)
    const now = this.#time.now
    const value = await sealed({
      key,
      signer: this.author,
      sequence: BigInt(this.#round),
      now,
      lifetime: 60n * day,
      content
    })
    const outcome = await this.#attempt(async (manager) =>
      this.publishes
        ? manager.putSigned(key, value, { offline: true })
        : manager.receive(key, value, { sender: this.sender })
    )
    if (this.#count(outcome?.status === 'stored')) this.#contents[number] = content
    await this.read(this.#round * 7)
  }

  /** Asks for one of the records that were taken. */
  async read(number: number): Promise<void> {
    const expected = this.#contents[number % keys]
    if (expected === undefined) return
    const found = await this.#attempt((manager) => manager.get(this.keyOf(number), { offline: true }))
    this.#count(found !== undefined && equalBytes(found, expected))
  }

  /** Asks for all that was taken. */
  async readAll(): Promise<void> {
    for (let number = 0; number < keys; number++) await this.read(number)
  }

  #count(right: boolean): boolean {
    this.of++
    if (right) this.right++
    return right
  }

  async #attempt<T>(work: (manager: RecordManager) => Promise<T>): Promise<T | undefined> {
    if (this.#manager === undefined) throw new Error('honest traffic has nobody to talk to')
    try {
      return await work(this.#manager)
    } catch {
      return undefined
    }
  }
}
