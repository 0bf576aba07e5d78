import { compareRecords, isRefusal } from '@recordkit/record-types'
import type { OpenedRecord } from '@recordkit/record-types'
import { anyone, signed, ValidationEngine } from '@recordkit/record-validators'
import { Fleet } from './fleet.ts'
import { wait } from './weather.ts'

export interface PartitionReport {
  readonly nodes: number
  readonly rounds: number
  /** records put while the network was cut, on one side and on the other */
  readonly left: number
  readonly right: number
  /** of these, by how many sequence numbers both sides had chosen alike */
  readonly equalSequences: number
  /** copies looked at after healing, on every node */
  readonly compared: number
  readonly faults: readonly string[]
}

const keys = ['a', 'b', 'c', 'd']

/**
 * Nodes in processes of their own, cut in two for `pause` ms and written to on both sides, under the same keys and by different
 * authors, then joined: every node must hold the same bytes, those of the best of all that was put.
 */
export async function runPartition(
  folder: string,
  { nodes, rounds, pause }: { readonly nodes: number; readonly rounds: number; readonly pause: number }
): Promise<PartitionReport> {
  const engine = new ValidationEngine([signed('shared', { authors: anyone() })])
  const count = { left: 0, right: 0, equalSequences: 0, compared: 0 }
  const faults: string[] = []
  await using fleet = await Fleet.start(nodes, folder, 3_600_000)
  const best = new Map<string, OpenedRecord>()
  for (let round = 0; round < rounds; round++) {
    // another half each time
    const first = fleet.running.filter((index) => (index + round) % 2 === 0)
    await fleet.cut(first)
    const healing = Date.now() + pause
    const sequences = { left: new Set<string>(), right: new Set<string>() }
    await Promise.all(
      fleet.running.map(async (index) => {
        const side = first.includes(index) ? 'left' : 'right'
        for (const name of keys) {
          const put = await fleet.node(index)?.putShared(name, `${side} ${index} in round ${round}`)
          if (put === undefined) continue
          count[side]++
          sequences[side].add(`${name} ${put.sequence}`)
          const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
          const opened = engine.parse(bytes(put.key), bytes(put.value))
          if (isRefusal(opened)) throw new Error(`what was put cannot be read: ${opened.message}`)
          const before = best.get(name)
          if (before === undefined || compareRecords(opened, before) > 0) best.set(name, opened)
        }
      })
    )
    count.equalSequences += [...sequences.left].filter((one) => sequences.right.has(one)).length
    await wait(Math.max(0, healing - Date.now()))
    await fleet.heal()
    for (const name of keys) {
      const winner = Buffer.from(best.get(name)?.value ?? []).toString('hex')
      for (const index of fleet.running) {
        const node = fleet.node(index)
        const found = await node?.getShared(name)
        const held = await node?.heldShared(name)
        count.compared++
        if (found !== winner) faults.push(`round ${round}: node ${index} reads another record of ${name} than the best`)
        if (held !== winner) faults.push(`round ${round}: node ${index} holds another record of ${name} than the best`)
      }
    }
  }
  return { nodes, rounds, ...count, faults }
}
