import { MemoryDatastore } from 'datastore-core'
import {
  createRecordComponents,
  kadDhtValidation,
  libp2pContentRouting,
  libp2pMetrics,
  records,
  validatingDatastore,
  withRecords
} from '@recordkit/record-libp2p'
import * as ownParts from '@recordkit/record-libp2p/own-parts'
import { ipns, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { expect, test } from 'vitest'

const receive = (): void => undefined
const getForPeers = (): void => undefined
const node = { services: { dht: () => ({}) } }

/** Calls a service factory as a node does. */
const start = ({ services }: { readonly services: object }, name: string): unknown =>
  (services as Record<string, (components: object) => unknown>)[name]?.({ datastore: {} })

test.each<[string, () => unknown, RegExp]>([
  [
    'no node options',
    () => withRecords(undefined as never),
    /^the options of the node are undefined; an object is expected$/
  ],
  [
    'options that were not awaited',
    () => withRecords(Promise.resolve(node) as never),
    /^the options of the node are a promise, which must be awaited; an object is expected$/
  ],
  [
    'a node that exists already',
    () => withRecords({ ...node, start: async () => {} }),
    /^withRecords received a node; it takes the options of one that is not created yet: `createLibp2p\(withRecords/
  ],
  [
    'records that was not called',
    () => records({ peerId: {} } as never),
    /^records received the components of a node instead of options: .*; write `records: records\(\)`$/
  ],
  [
    'a misspelled option',
    () => withRecords(node, { inBound: false } as never),
    /^unknown option "inBound"; did you mean "inbound"\?/
  ],
  [
    'a misspelled option of the DHT',
    () => withRecords(node, { dht: { serviceName: 'kad' } as never }),
    /^unknown option "dht.serviceName"; did you mean "dht.service"\?/
  ],
  [
    'a misspelled option of the network',
    () => withRecords(node, { network: { copys: 3 } as never }),
    /^unknown option "network.copys"; did you mean "network.copies"\?/
  ],
  [
    'a misspelled limit',
    () => withRecords(node, { inbound: { messagePerSecond: 5 } as never }),
    /^unknown option "inbound.messagePerSecond"; did you mean "inbound.messagesPerSecond"\?/
  ],
  [
    'an access control that can do nothing',
    () => withRecords(node, { access: {} }),
    /^access is an object; an AccessControl with at least one of/
  ],
  [
    'no engine where there is no default',
    () => ownParts.withRecords(node, { store: new MemoryRecordStore() } as never),
    /^engine is undefined; a ValidationEngine, such as .* is expected$/
  ],
  [
    'no store where there is no default',
    () => ownParts.records({ engine: new ValidationEngine([ipns()]) } as never),
    /^store is undefined; a RecordStore, such as .* is expected$/
  ],
  ['null as options', () => withRecords(node, null as never), /^options is null; an object is expected$/],
  [
    'a service that is named records',
    () => withRecords({ services: { ...node.services, records: records() } }),
    /^the node has a service with the name `records` already, .*; rename or remove it$/
  ],
  [
    'records that are added twice',
    () => withRecords(withRecords(node) as never),
    /^the node has a service with the name `records` already/
  ],
  [
    'a service that exists already',
    () => withRecords({ services: { dht: {} as never } }),
    /^services.dht is an object; what makes the service of a new node, such as kadDHT\(\), is expected$/
  ],
  [
    'a manager in place of a datastore',
    () => validatingDatastore({ receive() {}, getForPeers() {} } as never, {} as never),
    /^datastore is an object; a datastore of a node, such as `new MemoryDatastore\(\)`, is expected$/
  ],
  [
    'a misspelled option of a datastore',
    () => validatingDatastore(new MemoryDatastore(), { receive, getForPeers } as never, { onResults() {} } as never),
    /^unknown option "onResults"; did you mean "onResult"\?/
  ],
  [
    'a datastore without a manager',
    () => validatingDatastore(new MemoryDatastore(), undefined as never),
    /^manager is undefined; a RecordManager is expected$/
  ],
  [
    'a manager as an engine',
    () => kadDhtValidation({ receive, getForPeers } as never),
    /^engine is an object; a ValidationEngine, such as/
  ],
  [
    'a node as a content routing',
    () => libp2pContentRouting({ services: {}, contentRouting: {} } as never),
    /^contentRouting is an object; the content routing of a node, such as `libp2p.contentRouting`, is expected$/
  ],
  [
    'the metrics of a node that has none',
    () => libp2pMetrics(undefined as never),
    /^metrics is undefined; the metrics of a node, `libp2p.metrics`, .*the option `metrics` .* is expected$/
  ],
  ['a text as dht', () => withRecords(node, { dht: 'kad' as never }), /^dht is a string; an object is expected$/],
  [
    'namespaces instead of an engine',
    () => withRecords(node, { engine: [ipns()] as never }),
    /^engine is an array; a ValidationEngine, such as .* is expected$/
  ],
  [
    'a store that cannot store',
    () => withRecords(node, { store: {} as never }),
    /^store is an object; a RecordStore, such as/
  ],
  [
    'a store that was not awaited',
    () => withRecords(node, { store: Promise.resolve() as never }),
    /^store is a promise, which must be awaited; a RecordStore/
  ],
  [
    'a signer that cannot sign',
    () => withRecords(node, { signer: {} as never }),
    /^signer is an object; an object with/
  ],
  [
    'replication instead of its options',
    () => createRecordComponents({ network: (() => {}) as never }),
    /^network is a function; an object is expected$/
  ],
  [
    'limits of 0',
    () => withRecords(node, { inbound: { messagesPerSecond: 0 } }),
    /^messagesPerSecond is 0; a finite number above 0 is expected$/
  ],
  [
    'no kad-dht service',
    () => start(withRecords({ services: {} }), 'dht'),
    /^the node has no kad-dht service named "dht"; add `dht: kadDHT\(\)`.* `dht.service`, or use `records\({ dht: false }\)`/
  ],
  [
    'a kad-dht service of another name',
    () => start(withRecords(node, { dht: { service: 'kad' } }), 'kad'),
    /^the node has no kad-dht service named "kad"; /
  ],
  [
    'kadDHT that was not called',
    () => start(withRecords({ services: { dht: () => () => ({}) } }), 'dht'),
    /^the node has no kad-dht service named "dht"; /
  ]
])('the message for %s says what is expected', (_, make, message) => {
  expect(make).toThrow(
    expect.objectContaining({
      name: 'RecordError',
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message) as unknown
    })
  )
})
