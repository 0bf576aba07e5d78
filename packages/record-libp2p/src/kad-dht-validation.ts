import { isRefusal, RecordError } from '@recordkit/record-types'
import { checkPart } from '@recordkit/record-types/internal'
import { selectRecord } from '@recordkit/record-validators'
import type { ValidationEngine } from '@recordkit/record-validators'

/** The `validators` and `selectors` of js-libp2p's kad-dht. */
export interface KadDhtValidation {
  readonly validators: Record<
    string,
    (key: Uint8Array, value: Uint8Array, options?: { readonly signal?: AbortSignal | undefined }) => Promise<void>
  >
  readonly selectors: Record<string, (key: Uint8Array, values: Uint8Array[]) => number>
}

/**
 * Creates a validator and a selector of kad-dht for each namespace of the engine. The objects have no prototype, so that the
 * namespace of a key never matches a member that all objects have.
 *
 * @throws RecordError `INVALID_ARGUMENT` for something else than an engine
 * @example
 * ```ts
 * kadDHT({ ...kadDhtValidation(engine), protocol: '/my/kad/1.0.0' })
 * ```
 */
export function kadDhtValidation(engine: ValidationEngine): KadDhtValidation {
  checkPart(engine, 'engine', ['validate', 'parse'], 'a ValidationEngine, such as `new ValidationEngine([ipns()])`,')
  const validators = Object.create(null) as KadDhtValidation['validators']
  const selectors = Object.create(null) as KadDhtValidation['selectors']
  for (const { name } of engine.namespaces) {
    validators[name] = async (key, value, options) => {
      const result = await engine.validate(key, value, { signal: options?.signal })
      if (!isRefusal(result)) return
      const { status, code, message, cause } = result
      throw new RecordError(code, message, { key, cause, details: { status } })
    }
    selectors[name] = (key, values) => {
      const best = selectRecord(engine, key, values).ranked[0]
      if (best === undefined)
        throw new RecordError('CONTENT_INVALID', `none of the ${values.length} values can be decoded`, { key })
      return best.index
    }
  }
  return { validators, selectors }
}
