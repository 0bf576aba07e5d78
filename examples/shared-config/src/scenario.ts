import {
  bytes,
  collect,
  expect,
  refusalCode,
  sendPutValue,
  startNodes,
  StepReporter,
  text
} from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { generateKeyPair, sealSignedRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { ownerInKey, signed } from '@recordkit/record-validators'

/** ns */
const day = 86_400_000_000_000n
const lastSequence = 18_446_744_073_709_551_615n

/** A configuration with one owner, several watchers and a stolen key. Returns the number of failed steps. */
export async function scenario(print: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(print)
  // the laptop and phone of the owner and the node of the thief have the same key; the third node is a reader
  const owner = await generateKeyPair()
  const nodes = await startNodes(4, (index) => ({
    namespaces: [signed('config', { authors: ownerInKey() })],
    signer: index === 2 ? undefined : owner
  }))
  try {
    const key = joinRecordKey('config', `${ipnsNameToString(owner.peerId)}/app`)
    const [laptop, phone, reader, thief] = nodes as [Node, Node, Node, Node]
    await watch(reporter, key, laptop, [phone, reader])
    await compareAndSet(reporter, key, laptop, phone, reader)
    await revokeStolenKey(reporter, key, owner, laptop, reader, thief)
  } finally {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
  }
  return reporter.failed
}

async function watch(reporter: StepReporter, key: Uint8Array, laptop: Node, watchers: readonly Node[]): Promise<void> {
  reporter.section('The owner writes on the laptop; the phone and a reader watch')
  const received = watchers.map(({ manager }) => collect(manager.watch(key)))
  let last = 0n
  for (const content of ['{"colour":"green"}', '{"colour":"blue"}']) {
    await reporter.step('a change reaches all watchers', async () => {
      const { record } = await laptop.manager.put(key, bytes(content))
      await Promise.all(received.map((records) => records.waitFor((record) => text(record.content) === content)))
      const { sequence = 0n } = record
      expect(sequence > last, `sequence ${sequence} after ${last}`)
      last = sequence
      return `${content}, sequence ${sequence}`
    })
  }
  await reporter.step('another author is refused', async () => {
    const other = watchers[1] as Node
    const code = await refusalCode(other.manager.put(key, bytes('{"colour":"red"}')))
    expect(code === 'AUTHOR_FORBIDDEN', code)
    return code
  })
}

async function compareAndSet(
  reporter: StepReporter,
  key: Uint8Array,
  laptop: Node,
  phone: Node,
  reader: Node
): Promise<void> {
  reporter.section('Laptop and phone change the same version')
  const read = async (node: Node): Promise<{ settings: object; sequence: bigint }> => {
    const record = await node.manager.getRecord(key, { noCache: true })
    return { settings: JSON.parse(text(record?.content)) as object, sequence: record?.sequence ?? -1n }
  }
  const write = (node: Node, settings: object, ifSequence: bigint): Promise<unknown> =>
    node.manager.put(key, bytes(JSON.stringify(settings)), { ifSequence, checkNetwork: true })
  const [onLaptop, onPhone] = await Promise.all([read(laptop), read(phone)])
  await reporter.step('the laptop writes first', async () => {
    await write(laptop, { ...onLaptop.settings, size: 12 }, onLaptop.sequence)
    return `based on sequence ${onLaptop.sequence}`
  })
  await reporter.step('the phone cannot overwrite a change that it has not read', async () => {
    const code = await refusalCode(write(phone, { ...onPhone.settings, font: 'serif' }, onPhone.sequence))
    expect(code === 'SEQUENCE_CONFLICT', code)
    return code
  })
  await reporter.step('the phone reads again, then adds its change', async () => {
    const again = await read(phone)
    await write(phone, { ...again.settings, font: 'serif' }, again.sequence)
    const { settings, sequence } = await read(reader)
    expect(JSON.stringify(settings) === '{"colour":"blue","size":12,"font":"serif"}', JSON.stringify(settings))
    return `${JSON.stringify(settings)}, sequence ${sequence}`
  })
}

async function revokeStolenKey(
  reporter: StepReporter,
  key: Uint8Array,
  owner: KeyPair,
  laptop: Node,
  reader: Node,
  thief: Node
): Promise<void> {
  reporter.section('A thief has the key of the owner')
  const received = collect(reader.manager.watch(key))
  await reporter.step('the thief can write like the owner', async () => {
    await thief.manager.put(key, bytes('{"colour":"stolen"}'))
    return text((await received.waitFor(({ content }) => text(content).includes('stolen'))).content)
  })
  await reporter.step('the owner revokes the key permanently', async () => {
    const { record, receipt } = await laptop.manager.revoke(key)
    await received.waitFor(({ revoked }) => revoked === true)
    expect((await reader.manager.get(key)) === undefined, 'the reader still finds a record')
    return `sequence ${record.sequence}, ${(await receipt?.complete)?.copies.reached} copies; the reader finds no record`
  })
  await reporter.step('the node of the thief refuses to write', async () => {
    const code = await refusalCode(thief.manager.put(key, bytes('{"colour":"again"}')))
    expect(code === 'KEY_REVOKED', code)
    return code
  })
  await reporter.step('a hand-made record with the highest possible sequence is refused', async () => {
    const issued = BigInt(Date.now()) * 1_000_000n
    const times = { issued, expires: issued + day, ttl: 0n }
    const value = await sealSignedRecord(
      { key, content: bytes('{"colour":"forced"}'), sequence: lastSequence, revoked: false, ...times },
      { signer: owner }
    )
    expect(!(await sendPutValue(thief.libp2p, reader.libp2p.peerId, key, value)), 'the reader accepted it')
    const { code } = await reader.manager.receive(key, value)
    expect(code === 'STALE' && (await reader.manager.get(key)) === undefined, `the reader returned ${code}`)
    return `${code}: no record ranks above a revocation`
  })
}
