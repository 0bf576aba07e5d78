import { isRefusal, RecordError } from '@recordkit/record-types'
import type { AbortOptions } from '@recordkit/record-types'
import { select } from '@recordkit/record-validators'
import type { ValidationEngine } from '@recordkit/record-validators'

/** What js-libp2p's Kademlia takes as `validators` and `selectors`. */
export interface KademliaValidation {
  readonly validators: Record<string, (key: Uint8Array, value: Uint8Array, options?: AbortOptions) => Promise<void>>
  readonly selectors: Record<string, (key: Uint8Array, values: Uint8Array[]) => number>
}

/**
 * Validators and selectors for js-libp2p's Kademlia, one of each for every namespace of the engine. The objects have no
 * prototype: a namespace named like an object's member finds nothing.
 *
 * ```ts
 * kadDHT({ ...kademliaValidation(engine), protocol: '/my/kad/1.0.0' })
 * ```
 */
export function kademliaValidation(engine: ValidationEngine): KademliaValidation {
  const validators = Object.create(null) as KademliaValidation['validators']
  const selectors = Object.create(null) as KademliaValidation['selectors']
  for (const { name } of engine.namespaces) {
    validators[name] = async (key, value, options) => {
      const verdict = await engine.validate(key, value, options?.signal === undefined ? {} : { signal: options.signal })
      if (!isRefusal(verdict)) return
      const { code, message, cause } = verdict
      throw new RecordError(code, message, { key, cause, details: { verdict: verdict.verdict } })
    }
    selectors[name] = (key, values) => {
      const best = select(engine, key, values).ranked[0]
      if (best === undefined)
        throw new RecordError('CONTENT_INVALID', `none of ${values.length} values can be read`, { key })
      return best.index
    }
  }
  return { validators, selectors }
}
