import { installEngine, oldestNode } from '../runtimes/engines.ts'
import type { Application } from './applications.ts'
import { imported, libp2pPackages, required } from './programs.ts'

/** The conformance kit on two stores, and a network of nodes that put and get a record. */
const program = `import { formatReports, runStore } from '@recordkit/record-conformance'
import { LevelRecordStore } from '@recordkit/store-level'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { createTestNetwork } from '@recordkit/record-test-network'
import { MemoryLevel } from 'memory-level'

const memory = { durable: false, expiryIndex: true, snapshot: false, multiProcess: false, persistent: false, atomicBatch: true }
const level = { ...memory, snapshot: true }
for (const [name, capabilities, open] of [
  ['memory', memory, (setting) => new MemoryRecordStore(setting)],
  ['level', level, (setting) => LevelRecordStore.open(new MemoryLevel(), setting)]
]) {
  const report = await runStore({ name, capabilities, open })
  const { length } = report.results.filter(({ status }) => status === 'passed')
  if (length < 50 || report.results.some(({ status }) => status === 'failed')) throw new Error(formatReports([report]))
}

const key = new TextEncoder().encode('/toy/x')
const value = new TextEncoder().encode('value')
const kadDhtInit = { validators: { toy: async () => {} }, selectors: { toy: () => 0 } }
const network = await createTestNetwork({ transport: 'memory', nodes: 3, node: () => ({ kadDhtInit }) })
const [author, , reader] = network.honest
for await (const _ of author.services.dht.put(key, value)) continue
let found
for await (const event of reader.services.dht.get(key)) if (event.name === 'VALUE') found = event.value
await network.stop()
if (new TextDecoder().decode(found) !== 'value') throw new Error('the record is not found')
console.log('ok')
`

/** Everything on the oldest release of Node.js: vitest, which runs the tests of the repository, needs a newer one. */
export const onOldestNode: Application = {
  title: `${oldestNode.name}: imported and required, the conformance kit on two stores, a network of nodes`,
  tools: ['@recordkit/record-conformance', '@recordkit/record-test-network', ...libp2pPackages],
  short: true,
  async run(project, uses) {
    const { path } = await installEngine(oldestNode, true)
    for (const [index, use] of uses.entries()) {
      for (const [name, text] of [
        [`program-${index}.mjs`, imported(use)],
        [`program-${index}.cjs`, required(use)]
      ] as const) {
        // oxlint-disable-next-line no-await-in-loop -- one process at a time
        await project.write(name, text)
        // oxlint-disable-next-line no-await-in-loop -- one process at a time
        const output = await project.run(path, name)
        if (output !== 'ok') throw new Error(`${use.title}: ${name} printed "${output}"; expected "ok"`)
      }
    }
    await project.write('kit.mjs', program)
    const output = await project.run(path, 'kit.mjs')
    if (output !== 'ok') throw new Error(`the kit printed "${output}"; expected "ok"`)
  }
}
