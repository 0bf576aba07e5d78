import { RecordError } from '@recordkit/record-types'
import type {
  AbortOptions,
  PeerId,
  Provider,
  RecordRouting,
  RoutingAck,
  RoutingAnswer,
  RoutingFindProvidersOptions,
  RoutingGetOptions,
  RoutingPutOptions
} from '@recordkit/record-types'
import { anySignal } from '@recordkit/record-types/internal'

/** A routing that exists before the node that it uses. Until the node exists, every call fails with `ROUTING_FAILED`. */
export class DeferredRouting implements RecordRouting {
  #find: (() => RecordRouting) | undefined
  #routing: RecordRouting | undefined

  #running = new AbortController()

  /** @param find - called at the first use, when the other services of the node exist */
  bind(find: () => RecordRouting): void {
    this.#find = find
    this.#routing = undefined
  }

  /** Accepts calls again. */
  start(): void {
    if (this.#running.signal.aborted) this.#running = new AbortController()
  }

  /** Aborts the calls that are running: a node that stops does not wait for peers. */
  stop(): void {
    this.#running.abort(failed('the node stops'))
  }

  #whileRunning<Options extends AbortOptions>(options: Options = {} as Options): Options {
    const { signal } = this.#running
    return { ...options, signal: options.signal === undefined ? signal : anySignal([options.signal, signal]) }
  }

  get(key: Uint8Array, options?: RoutingGetOptions): ReturnType<RecordRouting['get']> {
    return this.#current.get(key, this.#whileRunning(options))
  }

  put(key: Uint8Array, value: Uint8Array, options?: RoutingPutOptions): ReturnType<RecordRouting['put']> {
    return this.#current.put(key, value, this.#whileRunning(options))
  }

  async putToPeer(peer: PeerId, key: Uint8Array, value: Uint8Array, options?: AbortOptions): Promise<RoutingAck> {
    const ack = await this.#current.putToPeer?.(peer, key, value, this.#whileRunning(options))
    return ack ?? { from: peer, status: 'refused', error: failed('this routing cannot address a single peer') }
  }

  async getFromPeer(peer: PeerId, key: Uint8Array, options?: AbortOptions): Promise<RoutingAnswer> {
    const answer = await this.#current.getFromPeer?.(peer, key, this.#whileRunning(options))
    return answer ?? { from: peer, error: failed('this routing cannot ask a single peer') }
  }

  async *provide(multihash: Uint8Array, options?: AbortOptions): AsyncGenerator<RoutingAck> {
    const routing = this.#current
    if (routing.provide === undefined) throw failed('this routing cannot announce providers')
    yield* routing.provide(multihash, this.#whileRunning(options))
  }

  /** Also while the node does not run: it asks no peers. */
  async cancelProvide(multihash: Uint8Array, options?: AbortOptions): Promise<void> {
    await this.#current.cancelProvide?.(multihash, options)
  }

  async *findProviders(multihash: Uint8Array, options?: RoutingFindProvidersOptions): AsyncGenerator<Provider> {
    const routing = this.#current
    if (routing.findProviders === undefined) throw failed('this routing cannot find providers')
    yield* routing.findProviders(multihash, this.#whileRunning(options))
  }

  get #current(): RecordRouting {
    if (this.#find === undefined) throw failed('the node does not exist yet; pass service() to createLibp2p')
    this.#routing ??= this.#find()
    return this.#routing
  }
}

function failed(message: string): RecordError {
  return new RecordError('ROUTING_FAILED', message)
}
