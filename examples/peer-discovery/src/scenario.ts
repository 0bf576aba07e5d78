import { multiaddr } from '@multiformats/multiaddr'
import {
  bytes,
  collect,
  connect,
  expect,
  refusalCode,
  sendPutValue,
  startNode,
  startNodes,
  StepReporter
} from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import { encodePeerRecord, peerRecordDomain, peerRecordPayloadType } from '@recordkit/record-codec'
import { nextPeerRecordSequence, openPeerRecord, sealEnvelope, sealPeerRecord } from '@recordkit/record-crypto'
import { namespaces, peerKey, readService, serviceKey } from './records.ts'

const clock = '/example/clock/1.0.0'

/** Peers find each other and their services by signed records. Returns the number of failed steps. */
export async function scenario(print: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(print)
  const [server, impostor, client] = (await startNodes(3, { namespaces: namespaces() })) as [Node, Node, Node]
  const running = [server, impostor, client]
  try {
    const old = await publishAndFind(reporter, server, client)
    await refuseForgeries(reporter, server, impostor, client)

    reporter.section('Node 1 restarts at another address')
    await server[Symbol.asyncDispose]()
    const moved = await startNode({ namespaces: namespaces(), keyPair: server.keyPair })
    running[0] = moved
    await connect([impostor, client, moved])
    await replaceAddresses(reporter, moved, impostor, client, old)
  } finally {
    await Promise.all(running.map((node) => node[Symbol.asyncDispose]()))
  }
  return reporter.failed
}

/** @returns the first address record of the server */
async function publishAndFind(reporter: StepReporter, server: Node, client: Node): Promise<Uint8Array> {
  reporter.section('Node 1 publishes its addresses and a service; node 3 finds both')
  await reporter.step('publish signed addresses and a signed service', async () => {
    await server.libp2p.handle(clock, async (stream) => stream.close())
    await publishAddresses(server)
    const content = bytes(JSON.stringify({ protocol: clock, capacity: 8 }))
    const { receipt } = await server.manager.put(serviceKey(server.keyPair, 'clock'), content)
    return `${(await receipt?.complete)?.copies.reached} copies`
  })
  await reporter.step('node 3 looks for a clock service', async () => {
    for await (const record of client.manager.list('/service/')) {
      const service = readService(record)
      if (service.name === 'clock') return `${service.peer} at ${service.protocol}, capacity ${service.capacity}`
    }
    throw new Error('no service found')
  })
  await reporter.step('node 3 connects to it at its signed address', () => connectToService(client, server))
  return (await client.manager.getRecord(peerKey(server.keyPair)))?.value ?? new Uint8Array()
}

async function refuseForgeries(reporter: StepReporter, server: Node, impostor: Node, client: Node): Promise<void> {
  reporter.section('Node 2 impersonates node 1')
  await reporter.step('addresses of node 1, signed by node 2', async () => {
    const { peerId } = server.keyPair
    const addresses = impostor.libp2p.getMultiaddrs().map((address) => address.bytes)
    const payload = encodePeerRecord({ peerId, addresses, sequence: 1n << 63n })
    const content = { domain: peerRecordDomain, payloadType: peerRecordPayloadType, payload }
    const forged = await sealEnvelope(content, { signer: impostor.keyPair })
    const key = peerKey(server.keyPair)
    expect(!(await sendPutValue(impostor.libp2p, client.libp2p.peerId, key, forged)), 'node 3 accepted it')
    const { code } = await client.manager.receive(key, forged)
    expect(code === 'SIGNER_MISMATCH', `node 3 returned ${code}`)
    return `refused, ${code}`
  })
  await reporter.step('a service of node 1, signed by node 2', async () => {
    const content = bytes(JSON.stringify({ protocol: clock, capacity: 8 }))
    const code = await refusalCode(impostor.manager.put(serviceKey(server.keyPair, 'clock'), content))
    expect(code === 'AUTHOR_FORBIDDEN', code)
    return `refused, ${code}`
  })
  await reporter.step('a service of node 2 that does not match the schema', async () => {
    const content = bytes(JSON.stringify({ protocol: 'clock', capacity: -1 }))
    const code = await refusalCode(impostor.manager.put(serviceKey(impostor.keyPair, 'clock'), content))
    expect(code === 'CONTENT_INVALID', code)
    return `refused, ${code}`
  })
}

async function replaceAddresses(
  reporter: StepReporter,
  moved: Node,
  replayer: Node,
  client: Node,
  old: Uint8Array
): Promise<void> {
  const key = peerKey(moved.keyPair)
  await reporter.step('the new record replaces the old one', async () => {
    const { content: before } = await openPeerRecord(old)
    const received = collect(client.manager.watch(key))
    await moved.libp2p.handle(clock, async (stream) => stream.close())
    await publishAddresses(moved)
    const { sequence } = await received.waitFor(({ sequence = 0n }) => sequence > before.sequence)
    return `sequence ${before.sequence} → ${sequence}`
  })
  await reporter.step('node 3 connects to it at the new address', () => connectToService(client, moved))
  await reporter.step('node 2 replays the old record', async () => {
    expect(!(await sendPutValue(replayer.libp2p, client.libp2p.peerId, key, old)), 'node 3 accepted it')
    const { code } = await client.manager.receive(key, old)
    expect(code === 'STALE', `node 3 returned ${code}`)
    return `refused, ${code}`
  })
}

/** Signs the addresses of a node, stores the record, and waits until it is published. */
async function publishAddresses({ libp2p, manager, keyPair }: Node): Promise<void> {
  const key = peerKey(keyPair)
  const stored = await manager.getRecord(key, { offline: true })
  const sequence = nextPeerRecordSequence(stored?.sequence, BigInt(Date.now()) * 1_000_000n)
  const addresses = libp2p.getMultiaddrs().map((address) => address.bytes)
  const value = await sealPeerRecord({ sequence, addresses }, { signer: keyPair })
  const { status, message } = await manager.receive(key, value)
  expect(status === 'stored', message ?? status)
  const published = new Promise((resolve) =>
    manager.events.addEventListener('record:published', resolve, { once: true })
  )
  await manager.republish(key)
  await manager.start()
  await published
}

/** Reads the signed addresses of `server` and opens a stream to its service over a new connection. */
async function connectToService({ manager, libp2p }: Node, { keyPair, libp2p: server }: Node): Promise<string> {
  const record = await manager.getRecord(peerKey(keyPair))
  if (record === undefined) throw new Error('no address record found')
  const { addresses } = (await openPeerRecord(record.content)).content
  const address = multiaddr(addresses[0])
  await libp2p.hangUp(server.peerId)
  const stream = await libp2p.dialProtocol(address, clock)
  await stream.close()
  return address.toString()
}
