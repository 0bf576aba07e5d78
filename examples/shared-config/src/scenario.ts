import { bytes, collect, expect, putOnWire, refusal, startNodes, StepReporter, text } from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { generateKeyPair, sealSignedRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { ownerInKey, signed } from '@recordkit/record-validators'

const hour = 3_600_000_000_000n
const lastSequence = 18_446_744_073_709_551_615n

/** Tells how one owner's configuration reaches many, and what a stolen key is worth; answers how many steps did not hold. */
export async function story(say: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(say)
  // one key in three places: the owner's laptop and phone, and a thief's node; the fourth node is a reader
  const owner = await generateKeyPair()
  const nodes = await startNodes(4, (index) => ({
    namespaces: [signed('config', { authors: ownerInKey() })],
    ...(index === 2 ? {} : { signer: owner })
  }))
  try {
    const key = joinRecordKey('config', `${ipnsNameToString(owner.peerId)}/app`)
    const [laptop, phone, reader, thief] = nodes as [Node, Node, Node, Node]
    await watched(reporter, key, laptop, [phone, reader])
    await agreed(reporter, key, laptop, phone, reader)
    await shutOut(reporter, key, owner, laptop, reader, thief)
  } finally {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
  }
  return reporter.failed
}

async function watched(
  reporter: StepReporter,
  key: Uint8Array,
  laptop: Node,
  watchers: readonly Node[]
): Promise<void> {
  reporter.section('The owner writes on the laptop; the phone and a reader watch')
  const seen = watchers.map(({ manager }) => collect(manager.watch(key)))
  for (const [index, content] of ['{"colour":"green"}', '{"colour":"blue"}'].entries()) {
    await reporter.step('a change reaches all who watch', async () => {
      const { record } = await laptop.manager.put(key, bytes(content))
      await Promise.all(seen.map((watch) => watch.until(({ content: value }) => text(value) === content)))
      expect(record.sequence === BigInt(index), `sequence ${record.sequence}`)
      return `${content}, sequence ${record.sequence}`
    })
  }
  await reporter.step('a stranger cannot write here', async () => {
    const stranger = watchers[1] as Node
    const code = await refusal(stranger.manager.put(key, bytes('{"colour":"red"}')))
    expect(code === 'AUTHOR_FORBIDDEN', code)
    return code
  })
}

async function agreed(reporter: StepReporter, key: Uint8Array, laptop: Node, phone: Node, reader: Node): Promise<void> {
  reporter.section('Laptop and phone both change what they read')
  const read = async (node: Node): Promise<{ settings: object; sequence: bigint }> => {
    const record = await node.manager.getRecord(key, { noCache: true })
    return { settings: JSON.parse(text(record?.content)) as object, sequence: record?.sequence ?? -1n }
  }
  const write = (node: Node, settings: object, ifSequence: bigint): Promise<unknown> =>
    node.manager.put(key, bytes(JSON.stringify(settings)), { ifSequence, checkNetwork: true })
  const [onLaptop, onPhone] = await Promise.all([read(laptop), read(phone)])
  await reporter.step('the laptop is first', async () => {
    await write(laptop, { ...onLaptop.settings, size: 12 }, onLaptop.sequence)
    return `it followed sequence ${onLaptop.sequence}`
  })
  await reporter.step('the phone overwrites nothing unseen', async () => {
    const code = await refusal(write(phone, { ...onPhone.settings, font: 'serif' }, onPhone.sequence))
    expect(code === 'SEQUENCE_CONFLICT', code)
    return code
  })
  await reporter.step('the phone reads again and adds its own', async () => {
    const again = await read(phone)
    await write(phone, { ...again.settings, font: 'serif' }, again.sequence)
    const { settings, sequence } = await read(reader)
    expect(JSON.stringify(settings) === '{"colour":"blue","size":12,"font":"serif"}', JSON.stringify(settings))
    return `${JSON.stringify(settings)}, sequence ${sequence}`
  })
}

async function shutOut(
  reporter: StepReporter,
  key: Uint8Array,
  owner: KeyPair,
  laptop: Node,
  reader: Node,
  thief: Node
): Promise<void> {
  reporter.section("A thief has the owner's key")
  const seen = collect(reader.manager.watch(key))
  await reporter.step('until the owner knows, the thief writes like the owner', async () => {
    await thief.manager.put(key, bytes('{"colour":"stolen"}'))
    return text((await seen.until(({ content }) => text(content).includes('stolen'))).content)
  })
  await reporter.step('the owner closes the key for good', async () => {
    const { record, receipt } = await laptop.manager.revoke(key)
    await seen.until(({ revoked }) => revoked === true)
    expect((await reader.manager.get(key)) === undefined, 'the reader still reads something')
    return `sequence ${record.sequence}, ${receipt?.copies.reached} copies; the reader reads nothing any more`
  })
  await reporter.step("the thief's own node refuses to write", async () => {
    const code = await refusal(thief.manager.put(key, bytes('{"colour":"again"}')))
    expect(code === 'KEY_REVOKED', code)
    return code
  })
  await reporter.step('a record made by hand with the highest sequence there is', async () => {
    const issued = BigInt(Date.now()) * 1_000_000n
    const times = { issued, expires: issued + 24n * hour, ttl: 0n }
    const value = await sealSignedRecord(
      { key, content: bytes('{"colour":"forced"}'), sequence: lastSequence, revoked: false, ...times },
      { signer: owner }
    )
    expect(!(await putOnWire(thief.libp2p, reader.libp2p.peerId, key, value)), 'the reader took it')
    const { code } = await reader.manager.receive(key, value)
    expect(code === 'STALE' && (await reader.manager.get(key)) === undefined, `the reader answered ${code}`)
    return `refused, ${code}: nothing ranks above a closed key`
  })
}
