import { ipnsRoutingKey, parseIpnsName } from '@recordkit/record-codec'
import { compareValues, createEngine, explainBytes, explainText, isArchive } from '@recordkit/record-inspect'
import type { Explanation, InspectContext } from '@recordkit/record-inspect'
import { isRecordError, limits, systemClock } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { announce, byId } from './dom.ts'
import { headline, showComparison } from './show-comparison.ts'
import { showBytes } from './show-bytes.ts'
import { showResult, titleOf } from './show-result.ts'
import { counted, sentence } from './words.ts'

/** A record as it came: text, or the bytes of a file. */
export type RecordInput = string | Uint8Array

/** bytes of a file that is not an archive */
const maxFile = 2 * limits.dhtMessage

/** What the page shows. */
interface Shown {
  readonly explanation: Explanation
  readonly name: PeerId | undefined
  readonly other: Uint8Array | undefined
}

/** Explains what is entered, and shows only the newest result. */
export class Inspector {
  readonly #engine = createEngine()
  #input: RecordInput = ''
  #other: RecordInput = ''
  #round = 0
  #shown: Shown | undefined

  get shown(): Shown | undefined {
    return this.#shown
  }

  setInput(input: RecordInput): void {
    this.#input = input
  }

  setOther(input: RecordInput): void {
    this.#other = input
  }

  get isEmpty(): boolean {
    return typeof this.#input === 'string' ? this.#input.trim() === '' : this.#input.length === 0
  }

  /** Explains the input with name and domain of the page. */
  async update(): Promise<void> {
    const round = ++this.#round
    const name = this.#readName()
    const context: InspectContext = {
      engine: this.#engine,
      now: systemClock(),
      name,
      domain: byId<HTMLInputElement>('domain').value || undefined
    }
    const found = this.isEmpty && typeof this.#input === 'string' ? '' : await explain(this.#input, context)
    const other = await this.#otherBytes(context)
    if (round !== this.#round) return
    if (typeof found === 'string') {
      this.#shown = undefined
      byId('result').hidden = true
      announce('input-status', sentenceOrNothing(found), true)
      return
    }
    const { explanation, encoding } = found
    this.#shown = { explanation, name, other }
    const { kind, message } = explanation.inspection
    const isProblem = kind === 'unknown'
    const what = isProblem ? (message ?? '') : titleOf(explanation.inspection)
    const size = counted(explanation.bytes.length, 'byte')
    announce('input-status', `${sentence(`${encoding}, ${size}`)} ${sentence(what)}`, isProblem)
    byId('domain-field').hidden = kind !== 'envelope'
    byId('compare-section').hidden = explanation.record === undefined && kind !== 'ipns-record'
    byId('result').hidden = false
    showResult(explanation, context.now)
    showBytes(explanation)
    await this.#compare(explanation, name, other, round)
  }

  async #compare(
    { record, bytes, inspection }: Explanation,
    name: PeerId | undefined,
    other: Uint8Array | undefined,
    round: number
  ): Promise<void> {
    if (other === undefined) {
      showComparison(undefined)
      return
    }
    const key = record?.key ?? (name === undefined ? undefined : ipnsRoutingKey(name))
    if (key === undefined) {
      showComparison(undefined)
      announce('other-status', 'The records do not contain their key: enter their name above.', true)
      return
    }
    const value = inspection.kind === 'dht-record' || inspection.kind === 'dht-message' ? record?.value : bytes
    const comparison = await compareValues(this.#engine, key, value ?? bytes, other)
    if (round !== this.#round) return
    showComparison(comparison)
    announce('other-status', headline(comparison), comparison.winner === 'none')
  }

  /** The bytes of the second record: of a DHT record the value in it. */
  async #otherBytes(context: InspectContext): Promise<Uint8Array | undefined> {
    if (this.#other.length === 0) {
      announce('other-status', '')
      return undefined
    }
    const found = await explain(this.#other, context)
    if (typeof found === 'string') {
      announce('other-status', sentenceOrNothing(found), true)
      return undefined
    }
    const { record, bytes, inspection } = found.explanation
    if (inspection.kind === 'private-key') {
      announce('other-status', 'This is a private key, not a record.', true)
      return undefined
    }
    return record?.value ?? bytes
  }

  #readName(): PeerId | undefined {
    const text = byId<HTMLInputElement>('name').value.trim()
    announce('name-status', '')
    if (text === '') return undefined
    try {
      return parseIpnsName(text)
    } catch (error) {
      if (!isRecordError(error)) throw error
      announce('name-status', sentence(error.message), true)
      return undefined
    }
  }
}

interface Explained {
  readonly explanation: Explanation
  readonly encoding: string
}

/** The explanation of an input; one sentence for an input that cannot be explained. */
async function explain(input: RecordInput, context: InspectContext): Promise<Explained | string> {
  try {
    if (typeof input !== 'string' && input.length > maxFile && !isArchive(input))
      return `the file has ${counted(input.length, 'byte')}; the limit is ${maxFile}`
    const found = await (typeof input === 'string' ? explainTyped(input, context) : explainFile(input, context))
    const { explanation } = found
    if (explanation.inspection.kind !== 'archive') return found
    // only archives need the code of a manager and a store
    const { inspectArchive } = await import('@recordkit/record-inspect/archive')
    return { ...found, explanation: { ...explanation, inspection: await inspectArchive([explanation.bytes], context) } }
  } catch (error) {
    if (isRecordError(error)) return error.message
    throw error
  }
}

async function explainTyped(text: string, context: InspectContext): Promise<Explained> {
  const explanation = await explainText(text, context)
  return { explanation, encoding: explanation.encoding }
}

/** A file is binary, or contains text. */
async function explainFile(bytes: Uint8Array, context: InspectContext): Promise<Explained> {
  const explanation = await explainBytes(bytes, context)
  if (explanation.inspection.kind === 'unknown' && bytes.length > 0) {
    try {
      const inner = await explainTyped(new TextDecoder('utf-8', { fatal: true }).decode(bytes), context)
      return { ...inner, encoding: `file with ${inner.encoding}` }
    } catch (error) {
      // bytes that are not text, or text that is not of bytes
      if (!isRecordError(error) && !(error instanceof TypeError)) throw error
    }
  }
  return { explanation, encoding: 'file' }
}

function sentenceOrNothing(text: string): string {
  return text === '' ? '' : sentence(text)
}
