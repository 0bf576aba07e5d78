import { RecordError } from '@recordkit/record-types'
import type {
  AbortOptions,
  PeerId,
  RecordRouting,
  RoutingAck,
  RoutingAnswer,
  RoutingGetOptions
} from '@recordkit/record-types'
import { checkPart, recordRouterName } from '@recordkit/record-types/internal'
import { parallelRouting } from '@recordkit/store-dht'
import { CID } from 'multiformats/cid'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'

interface SignalOptions {
  signal?: AbortSignal
}

/** The ID of a provider: a peer ID of libp2p, or the CID of one in Helia. */
type ProviderId =
  | { toMultihash(): { readonly bytes: Uint8Array } }
  | { readonly multihash: { readonly bytes: Uint8Array } }

/** The part of js-libp2p's `ContentRouting` that is used; Helia's routing fits too. */
export interface Libp2pContentRouting {
  get(key: Uint8Array, options?: SignalOptions & { useCache?: boolean }): Promise<Uint8Array>
  put(key: Uint8Array, value: Uint8Array, options?: SignalOptions): Promise<void>
  provide(cid: CID, options?: SignalOptions): Promise<void>
  cancelReprovide(key: CID, options?: SignalOptions): Promise<void>
  findProviders(
    cid: CID,
    options?: SignalOptions
  ): AsyncIterable<{ readonly id: ProviderId; readonly multiaddrs: readonly { readonly bytes: Uint8Array }[] }>
}

/** One of the routers of a node, which has some of the methods. */
type ContentRouter = Partial<Pick<Libp2pContentRouting, 'get' | 'put' | 'provide'>>

const rawCodec = 0x55
/** the CID of empty content, which contains its content itself: no peer needs to provide it */
const emptyContent = 'bafkqaaa'
/** the ID of all routers together */
const together = 'content-routing'

/**
 * The content routers of a js-libp2p node, or the routers of a Helia node, as a routing. Each router counts as one peer, named
 * `content-routing/` and its name in Helia, else its place. Routers do not report which peer an answer is from, nor where copies
 * are: `stored` means only that the router did not refuse, and some skip keys that they do not support. Where the routers
 * cannot be seen, all of them together count as one peer, named `content-routing`, with one answer, the first of any router, and
 * one copy. A router of `@recordkit/record-helia` is not asked.
 *
 * @throws RecordError `INVALID_ARGUMENT` for something else than a content routing
 * @example
 * ```ts
 * const network = new DhtRecordStore({ routing: libp2pContentRouting(libp2p.contentRouting), engine })
 * ```
 */
export function libp2pContentRouting(contentRouting: Libp2pContentRouting): RecordRouting {
  checkPart(
    contentRouting,
    'contentRouting',
    ['get'],
    'the content routing of a node, such as `libp2p.contentRouting`,'
  )
  const whole = routingOf(contentRouting, together)

  /** The routers that have a method, as one routing: those of now, because a node gets further ones when it starts. */
  const routersWith = (method: keyof ContentRouter): RecordRouting | undefined => {
    const routers = routersOf(contentRouting)
    if (routers === undefined) return undefined
    const entries = [...routers]
      .filter(([, router]) => typeof router[method] === 'function')
      .map(([name, router]) => ({ routing: routingOf(router, name), name }))
    if (entries.length === 0) throw noRouters(undefined)
    return parallelRouting(entries)
  }

  async function* write(
    method: 'put' | 'provide',
    options: AbortOptions,
    ask: (routing: RecordRouting) => AsyncIterable<RoutingAck> | undefined
  ): AsyncGenerator<RoutingAck> {
    options.signal?.throwIfAborted()
    const routers = routersWith(method)
    if (routers === undefined) await assertHasRouters(contentRouting, options)
    yield* ask(routers ?? whole) ?? []
  }

  return {
    async *get(key, options = {}) {
      options.signal?.throwIfAborted()
      yield* (routersWith('get') ?? whole).get(key, options)
    },
    put: (key, value, options = {}) => write('put', options, (routing) => routing.put(key, value, options)),
    provide: (multihash, options = {}) => write('provide', options, (routing) => routing.provide?.(multihash, options)),
    async cancelProvide(multihash, options = {}) {
      try {
        await contentRouting.cancelReprovide(cidOf(multihash), signalOptions(options))
      } catch (error) {
        options.signal?.throwIfAborted()
        if (isWithoutRouters(error)) return
        throw new RecordError('ROUTING_FAILED', 'the content routers could not end an announcement', { cause: error })
      }
    },
    // by the node, which keeps the addresses that its routers find
    async *findProviders(multihash, options = {}) {
      options.signal?.throwIfAborted()
      try {
        const providers = contentRouting.findProviders(cidOf(multihash), signalOptions(options))
        for await (const { id, multiaddrs } of providers) {
          const { bytes } = 'toMultihash' in id ? id.toMultihash() : id.multihash
          yield { id: bytes, addresses: multiaddrs.map((address) => address.bytes) }
        }
      } catch (error) {
        options.signal?.throwIfAborted()
        if (isWithoutRouters(error)) throw noRouters(error)
        throw new RecordError('ROUTING_FAILED', 'the content routers could not be asked', { cause: error })
      }
    }
  }
}

/** One router, or all of them together, as a routing of one peer. */
function routingOf(router: ContentRouter, name: string): RecordRouting {
  const from = new TextEncoder().encode(name)
  return {
    async *get(key, options = {}) {
      const answer = await answerOf(router, from, key, options)
      if (answer !== undefined) yield answer
    },
    put: (key, value, options = {}) =>
      acknowledgement(from, async () => router.put?.(key, value.slice(), signalOptions(options)), options),
    provide: (multihash, options = {}) =>
      acknowledgement(from, async () => router.provide?.(cidOf(multihash), signalOptions(options)), options)
  }
}

async function answerOf(
  router: ContentRouter,
  from: PeerId,
  key: Uint8Array,
  options: RoutingGetOptions
): Promise<RoutingAnswer | undefined> {
  try {
    const useCache = options.noCache === true ? { useCache: false } : {}
    return { from, value: await router.get?.(key, { ...signalOptions(options), ...useCache }) }
  } catch (error) {
    options.signal?.throwIfAborted()
    if (isWithoutRouters(error)) throw noRouters(error)
    return reasonsOf(error).some((reason) => isNamed(reason, 'NotFoundError')) ? { from } : { from, error }
  }
}

async function* acknowledgement(
  from: PeerId,
  work: () => Promise<void>,
  options: AbortOptions
): AsyncGenerator<RoutingAck> {
  try {
    await work()
    yield { from, status: 'stored' }
  } catch (error) {
    options.signal?.throwIfAborted()
    yield { from, status: 'refused', error }
  }
}

/** The routers by the names under which they are reported; `undefined` where they cannot be seen. */
function routersOf(contentRouting: object): ReadonlyMap<string, ContentRouter> | undefined {
  const { routers } = contentRouting as { readonly routers?: unknown }
  if (!Array.isArray(routers)) return undefined
  const named = new Map<string, ContentRouter>()
  for (const [index, router] of (routers as readonly (ContentRouter & { readonly name?: unknown })[]).entries()) {
    if (router.name === recordRouterName) continue
    const name = `${together}/${typeof router.name === 'string' ? router.name : index}`
    named.set(named.has(name) ? `${name}/${index}` : name, router)
  }
  return named
}

/** Throws on a node without routers, where a put would succeed without effect. `cancelReprovide` of this CID has no effect. */
async function assertHasRouters(contentRouting: Libp2pContentRouting, options: AbortOptions): Promise<void> {
  try {
    await contentRouting.cancelReprovide(CID.parse(emptyContent), signalOptions(options))
  } catch (error) {
    options.signal?.throwIfAborted()
    if (isWithoutRouters(error)) throw noRouters(error)
  }
}

/** Our options as libp2p's, in which an absent signal is not `undefined`. */
function signalOptions({ signal }: AbortOptions): SignalOptions {
  return signal === undefined ? {} : { signal }
}

function cidOf(multihash: Uint8Array): CID {
  return CID.createV1(rawCodec, decodeMultihash(new Uint8Array(multihash)))
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

/** The errors of all routers that failed. */
function reasonsOf(error: unknown): readonly unknown[] {
  const { errors } = (error ?? {}) as { readonly errors?: unknown }
  return Array.isArray(errors) ? errors.flatMap(reasonsOf) : [error]
}

function isWithoutRouters(error: unknown): boolean {
  return (
    isNamed(error, 'NoContentRoutersError') ||
    isNamed(error, 'NoRoutersAvailableError') ||
    (error instanceof AggregateError && reasonsOf(error).length === 0)
  )
}

function noRouters(cause: unknown): RecordError {
  return new RecordError('NO_PEERS', 'the node has no content routers', { cause })
}
