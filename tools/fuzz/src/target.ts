import { isDeepStrictEqual } from 'node:util'
import { equalBytes, isRecordError } from '@recordkit/record-types'

/** A decoder of untrusted bytes. */
export interface Target {
  readonly name: string
  /** valid inputs to start with */
  readonly seeds: readonly Uint8Array[]
  /** Decodes an input and checks its invariants. @throws Finding when one is violated */
  readonly run: (input: Uint8Array) => void
}

/** A violated invariant. */
export class Finding extends Error {
  override readonly name = 'Finding'
}

export interface Codec<Value> {
  readonly decode: (input: Uint8Array) => Value
  /** absent for formats that are only decoded */
  readonly encode?: ((value: Value) => Uint8Array) | undefined
  /** the part of a value that survives encoding and decoding. @default all of it */
  readonly project?: ((value: Value) => unknown) | undefined
  /**
   * Compares with another decoder of the same format.
   *
   * @param value - what our decoder returned, `undefined` when it refused
   * @param code - its error code when it refused
   */
  readonly oracle?: ((input: Uint8Array, value: Value | undefined, code: string | undefined) => void) | undefined
}

/**
 * Makes a target of a codec. Its invariants: the decoder throws only a `RecordError`, a decoded value survives encoding and
 * decoding, and the oracle agrees except for documented differences.
 */
export function codecTarget<Value>(name: string, seeds: readonly Uint8Array[], codec: Codec<Value>): Target {
  const { decode, encode, oracle, project = (value) => value } = codec
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
        if (code === 'INVALID_ARGUMENT')
          throw new Finding('reported malformed bytes as INVALID_ARGUMENT', { cause: error })
      }
      if (!equalBytes(before, input)) throw new Finding('changed its input')
      if (value !== undefined && encode !== undefined) {
        const written = encode(value)
        const again = decode(written)
        if (!isDeepStrictEqual(project(again), project(value)))
          throw new Finding('decoded another value after encoding')
        if (!equalBytes(encode(again), written)) throw new Finding('encoded the same value differently')
      }
      oracle?.(input, value, code)
    }
  }
}

/** The result of another decoder; `undefined` when it refuses. */
export function attempt<Value>(decode: () => Value): Value | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}

export function same(name: string, ours: unknown, theirs: unknown): void {
  if (!isDeepStrictEqual(ours, theirs)) throw new Finding(`${name} decodes another value`)
}
