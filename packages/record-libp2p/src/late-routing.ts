import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, PeerId, Provider, RecordRouting, RoutingAck } from '@recordkit/record-types'

/** A routing that is there before the node it goes through. Until then, whoever asks hears `ROUTING_FAILED`. */
export class LateRouting implements RecordRouting {
  #find: (() => RecordRouting) | undefined
  #routing: RecordRouting | undefined

  #running = new AbortController()

  /** @param find - called at the first question: the node's other services are there by then */
  bind(find: () => RecordRouting): void {
    this.#find = find
    this.#routing = undefined
  }

  /** Lets questions through again. */
  start(): void {
    if (this.#running.signal.aborted) this.#running = new AbortController()
  }

  /** Ends what is under way: a node that stops waits for nobody. */
  stop(): void {
    this.#running.abort(failed('the node stops'))
  }

  #whileRunning(options?: AbortOptions): AbortOptions {
    const { signal } = this.#running
    return { signal: options?.signal === undefined ? signal : AbortSignal.any([options.signal, signal]) }
  }

  get(key: Uint8Array, options?: AbortOptions): ReturnType<RecordRouting['get']> {
    return this.#now.get(key, this.#whileRunning(options))
  }

  put(key: Uint8Array, value: Uint8Array, options?: AbortOptions): ReturnType<RecordRouting['put']> {
    return this.#now.put(key, value, this.#whileRunning(options))
  }

  async putTo(peer: PeerId, key: Uint8Array, value: Uint8Array, options?: AbortOptions): Promise<RoutingAck> {
    const ack = await this.#now.putTo?.(peer, key, value, this.#whileRunning(options))
    return ack ?? { from: peer, outcome: 'refused', error: failed('this routing cannot address one peer') }
  }

  async *provide(multihash: Uint8Array, options?: AbortOptions): AsyncGenerator<RoutingAck> {
    const routing = this.#now
    if (routing.provide === undefined) throw failed('this routing provides nothing')
    yield* routing.provide(multihash, this.#whileRunning(options))
  }

  async *findProviders(multihash: Uint8Array, options?: AbortOptions): AsyncGenerator<Provider> {
    const routing = this.#now
    if (routing.findProviders === undefined) throw failed('this routing finds no providers')
    yield* routing.findProviders(multihash, this.#whileRunning(options))
  }

  get #now(): RecordRouting {
    if (this.#find === undefined) throw failed('the node is not made yet; hand service() to createLibp2p')
    this.#routing ??= this.#find()
    return this.#routing
  }
}

function failed(message: string): RecordError {
  return new RecordError('ROUTING_FAILED', message)
}
