import {
  bytes,
  collect,
  connect,
  expect,
  sendPutValue,
  startNode,
  startNodes,
  StepReporter,
  text
} from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import { decodeIpnsRecord, ipnsNameToString, ipnsRoutingKey } from '@recordkit/record-codec'
import { createIpnsRecord } from '@recordkit/record-crypto'
import { equalBytes, timeFromDate } from '@recordkit/record-types'
import { ipns } from '@recordkit/record-validators'

/** ms */
const hour = 3_600_000
const first = '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
const second = '/ipfs/bafkqaddwgevxmmraojswg33smq'

/** Publishes, updates, resolves and republishes IPNS names. Returns the number of failed steps. */
export async function scenario(print: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(print)
  // node 3 publishes records without signatureV1, which is an option of its namespace
  const nodes = await startNodes(3, (index) => ({ namespaces: [ipns({ v1Compatible: index !== 2 })] }))
  try {
    await publishNames(reporter, nodes as [Node, Node, Node])
  } finally {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
  }
  return reporter.failed
}

async function publishNames(reporter: StepReporter, [owner, friend, modern]: [Node, Node, Node]): Promise<void> {
  const name = ipnsRoutingKey(owner.keyPair.peerId)
  let updated: bigint | undefined

  reporter.section('Node 1 publishes a name, node 2 resolves it')
  await reporter.step('publish', async () => {
    const { record, receipt } = await owner.manager.put(name, bytes(first), { lifetime: 24 * hour })
    const copies = (await receipt?.complete)?.copies.reached
    expect(copies === 2, `${copies} copies`)
    return `${ipnsNameToString(owner.keyPair.peerId)} → ${first}, sequence ${record.sequence}, 2 copies`
  })
  await reporter.step('resolve', () => resolves(friend, name, first))

  reporter.section('Node 1 points the name elsewhere')
  await reporter.step('update', async () => {
    const { record } = await owner.manager.put(name, bytes(second), { lifetime: 24 * hour })
    updated = record.sequence
    return `sequence ${record.sequence}`
  })
  await reporter.step('resolve without the cache', () => resolves(friend, name, second, { noCache: true }))

  reporter.section('Node 3 publishes its own name V2-only')
  await reporter.step('publish and resolve', async () => {
    const key = ipnsRoutingKey(modern.keyPair.peerId)
    await modern.manager.put(key, bytes(first))
    const found = await friend.manager.getRecord(key)
    expect(found !== undefined && text(found.content) === first, `found ${text(found?.content)}`)
    const { signatureV1, signatureV2 } = decodeIpnsRecord(found.value)
    expect(signatureV1 === undefined && signatureV2.length === 64, 'it has a V1 signature')
    return `${found.value.length} bytes, signatureV2 alone`
  })

  reporter.section('Node 1 sends an expired record')
  await reporter.step('node 2 refuses it', async () => {
    const expired = await createIpnsRecord(
      { value: first, sequence: 7n, validity: timeFromDate(new Date(Date.now() - hour)) },
      // the default of `now` would refuse to create an expired record
      { signer: owner.keyPair, now: 0n }
    )
    expect(!(await sendPutValue(owner.libp2p, friend.libp2p.peerId, name, expired)), 'node 2 accepted it')
    const { code } = await friend.manager.receive(name, expired)
    expect(code === 'EXPIRED', `node 2 returned ${code}`)
    return `${code}; node 2 still resolves ${await resolves(friend, name, second)}`
  })

  reporter.section('Node 1 stops, node 2 republishes its name')
  await owner[Symbol.asyncDispose]()
  await using late = await startNode({ namespaces: [ipns()] })
  await connect([friend, modern, late])
  await reporter.step('node 4 receives the name without a look-up', async () => {
    const arriving = collect(late.manager.watch(name))
    expect(await friend.manager.republish(name), 'node 2 does not have the record')
    await friend.manager.start() // a record that this node has not published yet is due immediately, then every four hours
    const { content, value: copy } = await arriving.waitFor(({ sequence }) => sequence === updated)
    const stored = await friend.manager.getRecord(name, { offline: true })
    expect(text(content) === second && stored !== undefined && equalBytes(copy, stored.value), 'the bytes differ')
    return `the same ${copy.length} bytes as node 1 signed`
  })
  await reporter.step('node 4 resolves it offline', () => resolves(late, name, second, { offline: true }))
}

async function resolves(
  { manager }: Node,
  name: Uint8Array,
  path: string,
  options: { readonly offline?: boolean; readonly noCache?: boolean } = {}
): Promise<string> {
  const found = text(await manager.get(name, options))
  expect(found === path, `resolved to ${found}`)
  return found
}
