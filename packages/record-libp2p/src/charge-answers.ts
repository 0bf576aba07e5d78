import { isRefusal } from '@recordkit/record-types'
import type { RecordEngine } from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { InboundLimits } from './inbound-limits.ts'
import type { SenderGroups } from './sender-group.ts'

/**
 * The engine of the network. An answer that it refuses takes work from the budget of the peer that gave it, also where no validator of
 * kad-dht has seen the answer.
 */
export function chargeAnswers(
  engine: ValidationEngine,
  limits: InboundLimits | undefined,
  groups: SenderGroups
): RecordEngine {
  if (limits === undefined) return engine
  return {
    access: engine.access,
    parse: (key, value) => engine.parse(key, value),
    parser: (key) => engine.parser(key),
    rank: (record) => engine.rank(record),
    compare: (a, b) => engine.compare(a, b),
    namespaceOf: (key) => engine.namespaceOf(key),
    normalize: (record, options) => engine.normalize(record, options),
    async verify(record, options) {
      const started = limits.measure()
      const result = await engine.verify(record, options)
      const sender = options?.sender
      if (sender !== undefined && isRefusal(result))
        limits.spend({ sender, group: groups.of(sender) }, limits.measure() - started)
      return result
    }
  }
}
