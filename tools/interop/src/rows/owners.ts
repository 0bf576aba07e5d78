import { decodeIpnsRecord, formatTime, ipnsRoutingKey } from '@recordkit/record-codec'
import { exportPrivateKey } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { RecordManager } from '@recordkit/record-manager'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { hex, unhex, utf8 } from '../bytes.ts'
import { type Implementation, OperationUnsupported, textOf } from '../implementation.ts'
import { newEngine, newKeyPair } from '../own.ts'
import { sessionWith } from '../session.ts'
import type { Row } from '../table.ts'
import { inTwoDays, value } from './ipns.ts'

const hour = 3_600_000_000_000n

const managerOf = (signer: KeyPair): RecordManager =>
  new RecordManager({ engine: newEngine(), store: new MemoryRecordStore(), signer })

interface Publication {
  readonly path: string
  readonly sequence?: bigint
  /** continue the record that they find */
  readonly continues?: boolean
}

async function theyPublish(
  implementation: Implementation,
  owner: KeyPair,
  { path, sequence, continues = false }: Publication
): Promise<Uint8Array> {
  const made = await implementation.call('ipns.make', {
    bytes: { private: exportPrivateKey(owner) },
    texts: { value: path, validity: formatTime(inTwoDays()) },
    numbers: { ttl: hour, ...(sequence === undefined ? {} : { sequence }) },
    flags: { continue: continues }
  })
  return unhex(textOf(made, 'record'))
}

/** The owner of one name publishes with both implementations in turn: neither may be locked out by the other. */
const turns: Row = {
  name: 'IPNS name of one owner, both publish in turn',
  async run(implementation, check) {
    const judge = async (key: Uint8Array, record: Uint8Array, sequence: bigint, what: string): Promise<void> => {
      const read = await implementation.call('ipns.judge', { bytes: { key, record } })
      check.equal(read['sequence'], sequence, `the sequence that they read in ${what}`)
    }
    // they begin to count, we continue
    const theirs = await newKeyPair('Ed25519')
    const theirKey = ipnsRoutingKey(theirs.peerId)
    const continuing = managerOf(theirs)
    for (const sequence of [3n, 5n]) {
      const record = await theyPublish(implementation, theirs, { path: `${value}/theirs/${sequence}`, sequence })
      check.equal(
        (await continuing.receive(theirKey, record)).status,
        'stored',
        `the status of their record ${sequence}`
      )
      const ours = (await continuing.put(theirKey, utf8(`${value}/ours/${sequence}`))).record
      check.equal(ours.sequence, sequence + 1n, 'our sequence after their counter')
      await judge(theirKey, ours.value, sequence + 1n, 'our record after their counter')
    }

    // we begin with the time, they continue with + 1
    const ours = await newKeyPair('Ed25519')
    const key = ipnsRoutingKey(ours.peerId)
    const manager = managerOf(ours)
    let last = (await manager.put(key, utf8(`${value}/first`))).record
    for (const path of [`${value}/second`, `${value}/third`]) {
      const sequence = (last.sequence as bigint) + 1n
      await judge(key, last.value, last.sequence as bigint, 'our record')
      const record = await theyPublish(implementation, ours, { path, sequence })
      check.equal(decodeIpnsRecord(record).sequence, sequence, 'their sequence after ours')
      check.equal((await manager.receive(key, record)).status, 'stored', 'the status of their record after ours')
      last = (await manager.put(key, utf8(`${path}/ours`))).record
      check.that((last.sequence as bigint) > sequence, 'our sequence is not above theirs')
    }
  }
}

/** Kubo chooses its own sequence: one above the record that it finds in the DHT. */
const kuboContinues: Row = {
  name: 'IPNS name of one owner, Kubo continues our sequence',
  async run(implementation, check) {
    if (implementation.name !== 'kubo') throw new OperationUnsupported('only Kubo chooses the next sequence by itself')
    const session = await sessionWith(implementation)
    const owner = await newKeyPair('Ed25519')
    const key = ipnsRoutingKey(owner.peerId)
    const manager = managerOf(owner)
    const { record } = await manager.put(key, utf8(`${value}/ours`))
    const put = async (bytes: Uint8Array): Promise<void> => {
      // a put is acknowledged at enough copies: Kubo's may be a later one
      await (
        await session.store.put(key, bytes)
      ).complete
    }
    await put(record.value)
    const made = await theyPublish(implementation, owner, { path: `${value}/theirs`, continues: true })
    check.equal(decodeIpnsRecord(made).sequence, (record.sequence as bigint) + 1n, 'the sequence that Kubo chooses')
    check.equal((await manager.receive(key, made)).status, 'stored', 'the status of its record')
    const next = (await manager.put(key, utf8(`${value}/ours again`))).record
    check.equal(decodeIpnsRecord(next.value).sequence, next.sequence, 'our sequence after that of Kubo')
    await put(next.value)
    const stored = await session.atTheirs.get(key)
    check.equal(hex(stored?.value ?? new Uint8Array()), hex(next.value), 'the record that Kubo stores')
  }
}

export const ownerRows: readonly Row[] = [turns, kuboContinues]
