// The JavaScript side of the interoperability matrix: js-libp2p's packages and ipns behind JSON lines, in a
// process of its own. The protocol is in ../README.md.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Answer, Arguments, type Operations, Refused, Unsupported, type Wire } from './arguments.ts'
import { dhtOperations, stopNode } from './dht.ts'
import { envelopeOperations } from './envelopes.ts'
import { keyOperations } from './keys.ts'
import { recordOperations } from './records.ts'

async function about(): Promise<Answer> {
  const versions: Record<string, string> = { node: process.versions.node }
  const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>
  }
  for (const name of ['@libp2p/kad-dht', 'ipns', '@libp2p/peer-record', '@libp2p/crypto', '@libp2p/record']) {
    versions[name] = dependencies[name] ?? ''
  }
  return { implementation: 'js', versions, operations: [...operations.keys()] }
}

const operations: ReadonlyMap<string, Operations[string]> = new Map(
  Object.entries({ about, ...keyOperations, ...recordOperations, ...envelopeOperations, ...dhtOperations })
)

async function answer(line: string): Promise<Answer> {
  const wire = JSON.parse(line) as Wire
  const operation = operations.get(wire.operation)
  if (operation === undefined) return { id: wire.id, unsupported: `js-libp2p does not support ${wire.operation}` }
  try {
    return { id: wire.id, ok: await operation(new Arguments(wire)) }
  } catch (error) {
    const { name, message } = error as Error
    if (error instanceof Refused) return { id: wire.id, refused: message }
    if (error instanceof Unsupported) return { id: wire.id, unsupported: message }
    return { id: wire.id, failed: `${name}: ${message}` }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`)
}
await stopNode()
process.exit(0)
