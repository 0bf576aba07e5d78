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

/** A network of one peer that stores every value. It can be made unreachable. */
export class FakeNetwork implements RecordNetwork {
  /** the values of the peer by `mapKey` of their record keys */
  readonly values = new Map<string, Uint8Array>()
  readonly #engine: RecordEngine
  unreachable = false
  getCount = 0

  constructor(engine: RecordEngine) {
    this.#engine = engine
  }

  async get(key: Uint8Array, _options: NetworkGetOptions = {}): Promise<NetworkRecord | undefined> {
    this.getCount++
    if (this.unreachable) throw new RecordError('ROUTING_FAILED', 'the network is unreachable', { key })
    const value = this.values.get(mapKey(key))
    if (value === undefined) return undefined
    const record = this.#engine.parse(key, value)
    if (isRefusal(record)) return undefined
    return { record: { ...record, status: 'accept' }, valid: 1, complete: true, from: [], refused: [] }
  }

  async put(key: Uint8Array, value: Uint8Array, { copies = 1 }: NetworkPutOptions = {}): Promise<ReplicationReceipt> {
    if (this.unreachable)
      throw new RecordError('TOO_FEW_COPIES', '0 copies', {
        key,
        details: { copies: { requested: copies, reached: 0 }, peers: [] }
      })
    this.values.set(mapKey(key), value)
    return { copies: { requested: copies, reached: 1 }, peers: [] }
  }
}
