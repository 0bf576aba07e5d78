import { mapKey } from '@recordkit/record-types/internal'
import { isRefusal, RecordError } from '@recordkit/record-types'
import type {
  NetworkGetOptions,
  NetworkPutOptions,
  NetworkRecord,
  ReplicationReceipt,
  RecordEngine,
  RecordNetwork
} from '@recordkit/record-types'

/** One peer that holds what it is handed, can be away, and remembers what it was asked. */
export class ToyNetwork implements RecordNetwork {
  readonly held = new Map<string, Uint8Array>()
  readonly #engine: RecordEngine
  away = false
  gets = 0

  constructor(engine: RecordEngine) {
    this.#engine = engine
  }

  async get(key: Uint8Array, _options: NetworkGetOptions = {}): Promise<NetworkRecord | undefined> {
    this.gets++
    if (this.away) throw new RecordError('ROUTING_FAILED', 'away', { key })
    const value = this.held.get(mapKey(key))
    if (value === undefined) return undefined
    const record = this.#engine.parse(key, value)
    if (isRefusal(record)) return undefined
    return { record, valid: 1, quorum: true, from: [], refused: [] }
  }

  async put(key: Uint8Array, value: Uint8Array, { copies = 1 }: NetworkPutOptions = {}): Promise<ReplicationReceipt> {
    if (this.away)
      throw new RecordError('TOO_FEW_COPIES', '0 copies', {
        key,
        details: { copies: { asked: copies, reached: 0 }, peers: [] }
      })
    this.held.set(mapKey(key), value)
    return { copies: { asked: copies, reached: 1 }, peers: [] }
  }
}
