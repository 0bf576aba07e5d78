import { isDeepStrictEqual } from 'node:util'
import { equalBytes, isRecordError } from '@recordkit/record-types'

/** Something that reads bytes from anywhere. */
export interface Target {
  readonly name: string
  /** good inputs to begin with */
  readonly seeds: readonly Uint8Array[]
  /** Reads an input and checks all that must hold. @throws Finding when something does not */
  readonly run: (input: Uint8Array) => void
}

/** What must not happen. */
export class Finding extends Error {
  override readonly name = 'Finding'
}

export interface Codec<Value> {
  readonly decode: (input: Uint8Array) => Value
  /** absent where reading is all there is */
  readonly encode?: (value: Value) => Uint8Array
  /** what reading and encoding keep of a value; all when absent */
  readonly kept?: (value: Value) => unknown
  /**
   * Another reader of the same format.
   *
   * @param value - what ours read, `undefined` when it refused
   * @param code - why ours refused
   */
  readonly oracle?: (input: Uint8Array, value: Value | undefined, code: string | undefined) => void
}

/**
 * A target that holds a codec to its word: nothing but a `RecordError`, what was read is written and read again as it was,
 * and the oracle agrees up to what is documented.
 */
export function codecTarget<Value>(name: string, seeds: readonly Uint8Array[], codec: Codec<Value>): Target {
  const { decode, encode, oracle, kept = (value) => value } = codec
  return {
    name,
    seeds,
    run(input) {
      const before = new Uint8Array(input)
      let value: Value | undefined
      let code: string | undefined
      try {
        value = decode(input)
      } catch (error) {
        if (!isRecordError(error)) throw new Finding(`threw ${String(error)}`, { cause: error })
        code = error.code
        if (code === 'INVALID_ARGUMENT') throw new Finding('blamed its caller for bytes', { cause: error })
      }
      if (!equalBytes(before, input)) throw new Finding('changed its input')
      if (value !== undefined && encode !== undefined) {
        const written = encode(value)
        const again = decode(written)
        if (!isDeepStrictEqual(kept(again), kept(value))) throw new Finding('read something else after writing')
        if (!equalBytes(encode(again), written)) throw new Finding('wrote something else the second time')
      }
      oracle?.(input, value, code)
    }
  }
}

/** What another reader makes of an input; `undefined` when it refuses. */
export function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

export function same(name: string, ours: unknown, theirs: unknown): void {
  if (!isDeepStrictEqual(ours, theirs)) throw new Finding(`${name} reads something else`)
}
