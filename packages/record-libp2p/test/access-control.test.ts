import { keyPairFromSeed } from '@recordkit/record-crypto'
import { withRecords } from '@recordkit/record-libp2p'
import { mapKey } from '@recordkit/record-types/internal'
import { RecordError, systemClock } from '@recordkit/record-types'
import type { AccessControl } from '@recordkit/record-types'
import { anyAuthor, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
import { fakeComponents, fakeKadDht, fakePeer, openStream } from './fake-node.ts'

const denied = new TextEncoder().encode('/config/denied')
const allowed = new TextEncoder().encode('/config/allowed')
const idOf = (number: number): Uint8Array => fakePeer(number).toMultihash().bytes

test('an access control that is passed once is asked by engine, manager and inbound limits', async () => {
  const reports: unknown[] = []
  const access: AccessControl = {
    checkRecord: ({ key }) =>
      mapKey(key) === mapKey(denied) ? { status: 'ignore', code: 'KEY_DENIED', message: 'denied' } : undefined,
    checkSender: (sender) =>
      mapKey(sender) === mapKey(idOf(2)) ? { status: 'ignore', code: 'SENDER_DENIED', message: 'denied' } : undefined,
    isBanned: (peer) => mapKey(peer) === mapKey(idOf(3)),
    report: (sender, status) => void reports.push([sender.at(-1), status])
  }
  const namespace = signed('config', { authors: anyAuthor() })
  const signer = await keyPairFromSeed(new Uint8Array(32).fill(5))
  const { dht, factory } = fakeKadDht()
  const node = withRecords(
    { datastore: new MemoryDatastore(), services: { dht: factory } },
    { engine: new ValidationEngine([namespace]), store: new MemoryRecordStore(), access }
  )
  const components = fakeComponents(dht)
  node.services.dht(components as never)
  const service = node.services.records(components)
  const valueOf = async (key: Uint8Array): Promise<Uint8Array> =>
    namespace.seal({ key, content: Uint8Array.of(1), sequence: 1n }, { now: systemClock(), signer })

  // the engine, in the validators of kad-dht
  const validate = dht.validators['config']
  await expect(validate?.(denied, await valueOf(denied))).rejects.toMatchObject({ code: 'KEY_DENIED' })
  await expect(validate?.(allowed, await valueOf(allowed))).resolves.toBeUndefined()

  // the manager
  const { manager } = service
  expect(await manager.receive(denied, await valueOf(denied))).toMatchObject({ code: 'KEY_DENIED' })
  const value = await valueOf(allowed)
  expect(await manager.receive(allowed, value, { sender: idOf(2) })).toMatchObject({ code: 'SENDER_DENIED' })
  expect(await manager.receive(allowed, value, { sender: idOf(1) })).toMatchObject({ status: 'stored' })
  // decisions of this node are not reported
  expect(reports).toEqual([[1, 'accept']])

  // the inbound limits
  const { denyDialPeer, denyInboundEncryptedConnection } = node.connectionGater
  expect(await denyDialPeer?.(fakePeer(3))).toBe(true)
  expect(await denyInboundEncryptedConnection?.(fakePeer(3), undefined as never)).toBe(true)
  expect(await denyDialPeer?.(fakePeer(1))).toBe(false)
  expect(openStream(dht, 3).reason).toMatchObject({ code: 'SENDER_BANNED' })
  expect(openStream(dht, 1).status).toBe('open')
  dht.failure = new RecordError('SIGNATURE_INVALID', 'forged', { details: { status: 'reject' } })
  openStream(dht, 4)
  expect(reports.at(-1)).toEqual([4, 'reject'])
  await service.close()
})

test('the access control of the engine is asked by the inbound limits when no other is passed', async () => {
  const { dht, factory } = fakeKadDht()
  const access: AccessControl = { isBanned: (peer) => mapKey(peer) === mapKey(idOf(3)) }
  const engine = new ValidationEngine([signed('config', { authors: anyAuthor() })], { access })
  const node = withRecords(
    { datastore: new MemoryDatastore(), services: { dht: factory } },
    { engine, store: new MemoryRecordStore() }
  )
  node.services.dht(fakeComponents(dht) as never)
  expect(await node.connectionGater.denyDialPeer?.(fakePeer(3))).toBe(true)
  expect(openStream(dht, 3).reason).toMatchObject({ code: 'SENDER_BANNED' })
})
