import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { ipnsNameToString } from '@recordkit/record-codec'
import { records, withRecords } from '@recordkit/record-libp2p'
import { publishIpns, resolveIpns } from '@recordkit/record-manager/ipns'
import { createLibp2p } from 'libp2p'
import { expect, test } from 'vitest'

const path = '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'

async function startNode() {
  return createLibp2p(
    withRecords({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: {
        identify: identify(),
        ping: ping(),
        dht: kadDHT({ protocol: '/test/kad/1.0.0', clientMode: false, peerInfoMapper: passthroughMapper })
      }
    })
  )
}

test('a node without options for its records signs with its own key, and publishes once a peer appears', async () => {
  const [first, second] = await Promise.all([startNode(), startNode()])
  try {
    const { manager } = first.services.records
    expect(manager.peerId).toEqual(first.peerId.toMultihash().bytes)
    const { receipt } = await publishIpns(manager, path, { timeout: 2000 })
    expect(receipt?.copies.reached).toBe(0)
    const name = ipnsNameToString(manager.peerId as Uint8Array)
    expect(await resolveIpns(manager, name)).toBe(path)
    await first.dial(second.getMultiaddrs())
    // kad-dht knows a peer some time after it is connected
    let copies: number | undefined = 0
    while (copies === 0) copies = (await publishIpns(manager, path)).receipt?.copies.reached
    expect(copies).toBe(1)
    expect(await resolveIpns(second.services.records.manager, name)).toBe(path)
  } finally {
    await Promise.all([first.stop(), second.stop()])
  }
})

test('the options that withRecords returns can be changed, and contain no datastore', () => {
  const options = withRecords({ services: { dht: kadDHT({}) } })
  expect(options).not.toHaveProperty('datastore')
  options.services = { ...options.services }
  expect(Object.keys(options.services)).toEqual(['dht', 'records'])
})

test('mistakes in the options of a node are INVALID_ARGUMENT, and named', () => {
  expect(() => withRecords({ services: { dht: kadDHT({}), records: records() } })).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('`records`') })
  )
  expect(() => withRecords(undefined as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
})
