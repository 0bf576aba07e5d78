import {
  bytes,
  collect,
  connect,
  expect,
  putOnWire,
  startNode,
  startNodes,
  StepReporter,
  text
} from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import { decodeIpnsRecord, ipnsNameToString, ipnsRoutingKey } from '@recordkit/record-codec'
import { createIpnsRecord } from '@recordkit/record-crypto'
import { equalBytes } from '@recordkit/record-types'
import { ipns } from '@recordkit/record-validators'

const hour = 3_600_000_000_000n
const first = '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
const second = '/ipfs/bafkqaddwgevxmmraojswg33smq'

/** Tells the life of two IPNS names on real nodes; answers how many steps did not hold. */
export async function story(say: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(say)
  // node 3 publishes records without the V1 copies; that is one option of its namespace
  const nodes = await startNodes(3, (index) => ({ namespaces: [ipns({ v1Compatible: index !== 2 })] }))
  try {
    await tell(reporter, nodes as [Node, Node, Node])
  } finally {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
  }
  return reporter.failed
}

async function tell(reporter: StepReporter, [owner, friend, modern]: [Node, Node, Node]): Promise<void> {
  const name = ipnsRoutingKey(owner.keyPair.peerId)

  reporter.section('Node 1 publishes a name, node 2 resolves it')
  await reporter.step('publish', async () => {
    const { record, receipt } = await owner.manager.put(name, bytes(first), { lifetime: 24n * hour })
    expect(receipt?.copies.reached === 2, `${receipt?.copies.reached} copies`)
    return `${ipnsNameToString(owner.keyPair.peerId)} → ${first}, sequence ${record.sequence}, 2 copies`
  })
  await reporter.step('resolve', () => resolves(friend, name, first))

  reporter.section('Node 1 points the name elsewhere')
  await reporter.step('update', async () => {
    const { record } = await owner.manager.put(name, bytes(second), { lifetime: 24n * hour })
    expect(record.sequence === 1n, `sequence ${record.sequence}`)
    return `sequence ${record.sequence}`
  })
  await reporter.step('resolve, asking peers anew', () => resolves(friend, name, second, { fresh: true }))

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

  reporter.section('An expired record comes along')
  await reporter.step('refused on the wire', async () => {
    const expired = await createIpnsRecord(
      { value: first, sequence: 7n, validity: BigInt(Date.now()) * 1_000_000n - hour },
      { signer: owner.keyPair }
    )
    expect(!(await putOnWire(owner.libp2p, friend.libp2p.peerId, name, expired)), 'node 2 took it')
    const { code } = await friend.manager.receive(name, expired)
    expect(code === 'EXPIRED', `node 2 answered ${code}`)
    return `${code}; node 2 still has ${await resolves(friend, name, second)}`
  })

  reporter.section('Node 1 goes away, node 2 keeps its name alive')
  await owner[Symbol.asyncDispose]()
  await using late = await startNode({ namespaces: [ipns()] })
  await connect([friend, modern, late])
  await reporter.step('node 4, which never asked, is handed the name', async () => {
    const arriving = collect(late.manager.watch(name))
    expect(await friend.manager.republish(name), 'node 2 does not hold it')
    await friend.manager.start() // what was not published from here yet is due at once, then every four hours
    const { content, value: copy } = await arriving.until(({ sequence }) => sequence === 1n)
    const held = await friend.manager.getRecord(name, { offline: true })
    expect(text(content) === second && held !== undefined && equalBytes(copy, held.value), 'it is another record')
    return `the owner's very bytes, ${copy.length} of them`
  })
  await reporter.step('node 4 resolves it by itself', () => resolves(late, name, second, { offline: true }))
}

async function resolves(
  { manager }: Node,
  name: Uint8Array,
  path: string,
  options: { readonly offline?: boolean; readonly fresh?: boolean } = {}
): Promise<string> {
  const found = text(await manager.get(name, options))
  expect(found === path, `found ${found}`)
  return found
}
