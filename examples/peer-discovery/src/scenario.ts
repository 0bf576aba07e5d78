import { multiaddr } from '@multiformats/multiaddr'
import {
  bytes,
  collect,
  connect,
  expect,
  putOnWire,
  refusal,
  startNode,
  startNodes,
  StepReporter
} from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import { encodePeerRecord, peerRecordDomain, peerRecordPayloadType } from '@recordkit/record-codec'
import { nextPeerRecordSequence, openPeerRecord, sealEnvelope, sealPeerRecord } from '@recordkit/record-crypto'
import { namespaces, peerKey, readService, serviceKey } from './records.ts'

const clock = '/example/clock/1.0.0'

/** Tells how peers find each other and their services by signed records; answers how many steps did not hold. */
export async function story(say: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(say)
  const [server, impostor, client] = (await startNodes(3, { namespaces: namespaces() })) as [Node, Node, Node]
  const running = [server, impostor, client]
  try {
    const old = await found(reporter, server, client)
    await refused(reporter, server, impostor, client)

    reporter.section('Node 1 comes back at another address')
    await server[Symbol.asyncDispose]()
    const moved = await startNode({ namespaces: namespaces(), keyPair: server.keyPair })
    running[0] = moved
    await connect([impostor, client, moved])
    await replaced(reporter, moved, impostor, client, old)
  } finally {
    await Promise.all(running.map((node) => node[Symbol.asyncDispose]()))
  }
  return reporter.failed
}

/** @returns the server's first address record */
async function found(reporter: StepReporter, server: Node, client: Node): Promise<Uint8Array> {
  reporter.section('Node 1 says where it is and what it serves; node 3 finds both')
  await reporter.step('its addresses and a service, both signed', async () => {
    await server.libp2p.handle(clock, async (stream) => stream.close())
    await publishAddresses(server)
    const content = bytes(JSON.stringify({ protocol: clock, capacity: 8 }))
    const { receipt } = await server.manager.put(serviceKey(server.keyPair, 'clock'), content)
    return `${receipt?.copies.reached} copies`
  })
  await reporter.step('who offers a clock?', async () => {
    for await (const record of client.manager.list('/service/')) {
      const service = readService(record)
      if (service.name === 'clock') return `${service.peer} at ${service.protocol}, capacity ${service.capacity}`
    }
    throw new Error('nobody')
  })
  await reporter.step('node 3 speaks with it at the address it signed', () => speak(client, server))
  return (await client.manager.getRecord(peerKey(server.keyPair)))?.value ?? new Uint8Array()
}

async function refused(reporter: StepReporter, server: Node, impostor: Node, client: Node): Promise<void> {
  reporter.section('Node 2 speaks in the name of node 1')
  await reporter.step("node 1's addresses, signed by node 2", async () => {
    const { peerId } = server.keyPair
    const addresses = impostor.libp2p.getMultiaddrs().map((address) => address.bytes)
    const payload = encodePeerRecord({ peerId, addresses, sequence: 1n << 63n })
    const forged = await sealEnvelope({
      domain: peerRecordDomain,
      payloadType: peerRecordPayloadType,
      payload,
      signer: impostor.keyPair
    })
    const key = peerKey(server.keyPair)
    expect(!(await putOnWire(impostor.libp2p, client.libp2p.peerId, key, forged)), 'node 3 took it')
    const { code } = await client.manager.receive(key, forged)
    expect(code === 'SIGNER_MISMATCH', `node 3 answered ${code}`)
    return `refused, ${code}`
  })
  await reporter.step("a service under node 1's name", async () => {
    const content = bytes(JSON.stringify({ protocol: clock, capacity: 8 }))
    const code = await refusal(impostor.manager.put(serviceKey(server.keyPair, 'clock'), content))
    expect(code === 'AUTHOR_FORBIDDEN', code)
    return `refused, ${code}`
  })
  await reporter.step('its own service, but not as the schema says', async () => {
    const content = bytes(JSON.stringify({ protocol: 'clock', capacity: -1 }))
    const code = await refusal(impostor.manager.put(serviceKey(impostor.keyPair, 'clock'), content))
    expect(code === 'CONTENT_INVALID', code)
    return `refused, ${code}`
  })
}

async function replaced(
  reporter: StepReporter,
  moved: Node,
  replayer: Node,
  client: Node,
  old: Uint8Array
): Promise<void> {
  const key = peerKey(moved.keyPair)
  await reporter.step('the new record takes the place of the old one', async () => {
    const before = await openPeerRecord(old)
    const seen = collect(client.manager.watch(key))
    await moved.libp2p.handle(clock, async (stream) => stream.close())
    await publishAddresses(moved)
    const { sequence } = await seen.until(({ sequence = 0n }) => sequence > before.record.sequence)
    return `sequence ${before.record.sequence} → ${sequence}`
  })
  await reporter.step('node 3 speaks with it there', () => speak(client, moved))
  await reporter.step('the old record, replayed by node 2', async () => {
    expect(!(await putOnWire(replayer.libp2p, client.libp2p.peerId, key, old)), 'node 3 took it')
    const { code } = await client.manager.receive(key, old)
    expect(code === 'STALE', `node 3 answered ${code}`)
    return `refused, ${code}`
  })
}

/** Signs where this node listens, keeps it as its own, and waits for the first copies. */
async function publishAddresses({ libp2p, manager, keyPair }: Node): Promise<void> {
  const key = peerKey(keyPair)
  const held = await manager.getRecord(key, { offline: true })
  const sequence = nextPeerRecordSequence(held?.sequence, BigInt(Date.now()) * 1_000_000n)
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

/** Reads the signed addresses of `server` and opens a stream to its service over a fresh connection. */
async function speak({ manager, libp2p }: Node, { keyPair, libp2p: server }: Node): Promise<string> {
  const record = await manager.getRecord(peerKey(keyPair))
  if (record === undefined) throw new Error('its addresses are not found')
  const { addresses } = (await openPeerRecord(record.content)).record
  const address = multiaddr(addresses[0])
  await libp2p.hangUp(server.peerId)
  const stream = await libp2p.dialProtocol(address, clock)
  await stream.close()
  return address.toString()
}
