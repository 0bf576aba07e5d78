import { bytes, connect, expect, startNodes, StepReporter, text } from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import { equalBytes } from '@recordkit/record-types'
import { decodeGrowOnlySet, growOnlySet } from '@recordkit/record-validators'

const key = bytes('/tags/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')

/** Two halves of a network add tags to one set, then are connected. Returns the number of failed steps. */
export async function scenario(print: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(print)
  const options = { namespaces: [growOnlySet('tags')] }
  const [west, east] = await Promise.all([startNodes(2, options), startNodes(2, options)])
  const nodes = [...west, ...east]
  try {
    reporter.section('Two halves that are not connected add tags to one content')
    await reporter.step('the west adds tags', () => add(west, ['cat', 'photo']))
    await reporter.step('the east adds tags', () => add(east, ['black', 'cat']))
    await reporter.step('their sets differ', async () => {
      const [a, b] = await Promise.all([tags(west[0]), tags(east[0])])
      expect(a === 'cat photo' && b === 'black cat', `${a} and ${b}`)
      return `${a} in the west, ${b} in the east`
    })

    reporter.section('The halves are connected, and each node looks up the set twice')
    await reporter.step('connect', async () => {
      await connect(nodes)
      return `${nodes.length} nodes`
    })
    await reporter.step('all nodes have the same set', async () => {
      // the first look-ups merge the sets on one side, the second ones bring them to the other
      for (const node of [...nodes, ...nodes]) await node.manager.get(key, { noCache: true })
      const stored = await Promise.all(nodes.map((node) => node.manager.getRecord(key, { offline: true })))
      const [first] = stored
      expect(
        stored.every((record) => record !== undefined && first !== undefined && equalBytes(record.value, first.value)),
        (await Promise.all(nodes.map(tags))).join(' | ')
      )
      return `${await tags(nodes[0])}, the same bytes on ${stored.length} nodes`
    })

    reporter.section('No tag can be removed')
    await reporter.step('node 4 receives a smaller set and keeps all tags', async () => {
      const smaller = await growOnlySet('tags').seal(
        { key, content: bytes('cat'), sequence: 0n },
        { now: 0n, signer: (nodes[0] as Node).keyPair }
      )
      await nodes[3]?.manager.receive(key, smaller)
      const after = await tags(nodes[3])
      expect(after === 'black cat photo', after)
      return after
    })
  } finally {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
  }
  return reporter.failed
}

/** Each node of a half adds one tag, then looks up the set, so that both have both tags. */
async function add(half: readonly Node[], names: readonly string[]): Promise<string> {
  for (const [index, node] of half.entries()) await node.manager.put(key, bytes(names[index] ?? ''))
  for (const node of half) await node.manager.get(key, { noCache: true })
  return names.join(', ')
}

async function tags(node: Node | undefined): Promise<string> {
  const value = await node?.manager.get(key, { offline: true })
  return value === undefined ? '' : decodeGrowOnlySet(value).map(text).join(' ')
}
