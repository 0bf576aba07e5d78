import { bytes, connect, expect, startNodes, StepReporter, text } from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import { equalBytes } from '@recordkit/record-types'
import { decodeGrowOnlySet, growOnlySet } from '@recordkit/record-validators'

const key = bytes('/tags/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')

/** Tells how two halves of a network that were apart come to hold the same; answers how many steps did not hold. */
export async function story(say: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(say)
  const options = { namespaces: [growOnlySet('tags')] }
  const [west, east] = await Promise.all([startNodes(2, options), startNodes(2, options)])
  const nodes = [...west, ...east]
  try {
    reporter.section('Two halves that do not know each other add tags to one content')
    await reporter.step('the west adds', () => add(west, ['cat', 'photo']))
    await reporter.step('the east adds', () => add(east, ['black', 'cat']))
    await reporter.step('they hold different sets', async () => {
      const [a, b] = await Promise.all([tags(west[0]), tags(east[0])])
      expect(a === 'cat photo' && b === 'black cat', `${a} and ${b}`)
      return `${a} here, ${b} there`
    })

    reporter.section('They are connected, and each asks once')
    await reporter.step('connect', async () => {
      await connect(nodes)
      return `${nodes.length} nodes`
    })
    await reporter.step('everybody holds everything', async () => {
      for (const node of nodes) await node.manager.get(key, { noCache: true })
      const held = await Promise.all(nodes.map((node) => node.manager.getRecord(key, { offline: true })))
      const [first] = held
      expect(
        held.every((record) => record !== undefined && first !== undefined && equalBytes(record.value, first.value)),
        (await Promise.all(nodes.map(tags))).join(' | ')
      )
      return `${await tags(nodes[0])}, the same bytes on ${held.length} nodes`
    })

    reporter.section('Nothing that was there can be taken away')
    await reporter.step('an older, smaller set is put', async () => {
      const smaller = await growOnlySet('tags').seal(
        { key, content: bytes('cat'), sequence: 0n },
        { now: 0n, signer: nodes[0]?.keyPair as never }
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

/** Each node of a half adds one tag; both hold both then. */
async function add(half: readonly Node[], names: readonly string[]): Promise<string> {
  for (const [index, node] of half.entries()) await node.manager.put(key, bytes(names[index] ?? ''))
  for (const node of half) await node.manager.get(key, { noCache: true })
  return names.join(', ')
}

async function tags(node: Node | undefined): Promise<string> {
  const value = await node?.manager.get(key, { offline: true })
  return value === undefined ? '' : decodeGrowOnlySet(value, 1000).map(text).join(' ')
}
