import type { KeyPair } from '@recordkit/record-crypto'
import type { RecordManager } from '@recordkit/record-manager'
import { day } from '@recordkit/testing'
import { equalBytes } from '@recordkit/record-types'
import type { Tally } from './attack.ts'
import { keyPair, ownKey, sealed, senderOf } from './records.ts'
import type { Time } from './records.ts'
import type { Random } from './random.ts'

/** Number of keys of the honest author; each is rewritten repeatedly. */
const keys = 16

/** Honest traffic during an attack: a peer sends the records of one author, and a reader asks for them. */
export class Honest implements Tally {
  right = 0
  of = 0
  /** the node publishes these records itself instead of receiving them */
  publishes = false
  readonly author: KeyPair
  /** the peer that sends the records */
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

  /** Selects the node that receives the traffic from now on. */
  connect(manager: RecordManager, time: Time): void {
    this.#manager = manager
    this.#time = time
  }

  keyOf(number: number): Uint8Array {
    return ownKey(this.author, `h${number % keys}`)
  }

  /** Sends one record and reads one, a tenth of a second after the last. */
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
    const result = await this.#attempt(async (manager) =>
      this.publishes
        ? manager.putSigned(key, value, { offline: true })
        : manager.receive(key, value, { sender: this.sender })
    )
    if (this.#count(result?.status === 'stored')) this.#contents[number] = content
    await this.read(this.#round * 7)
  }

  /** Reads one of the records that were stored. */
  async read(number: number): Promise<void> {
    const expected = this.#contents[number % keys]
    if (expected === undefined) return
    const found = await this.#attempt((manager) => manager.get(this.keyOf(number), { offline: true }))
    this.#count(found !== undefined && equalBytes(found, expected))
  }

  /** Reads all records that were stored. */
  async readAll(): Promise<void> {
    for (let number = 0; number < keys; number++) await this.read(number)
  }

  #count(right: boolean): boolean {
    this.of++
    if (right) this.right++
    return right
  }

  async #attempt<T>(work: (manager: RecordManager) => Promise<T>): Promise<T | undefined> {
    if (this.#manager === undefined) throw new Error('honest traffic needs a manager; call connect() first')
    try {
      return await work(this.#manager)
    } catch {
      return undefined
    }
  }
}
