import type { PeerId, Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface'

/** The components of a node that are used: the registrar of protocol handlers, and what opens streams. */
export interface StreamComponents {
  readonly connectionManager?: unknown
  readonly registrar: {
    handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>
  }
}

/** Wraps the components of a node: the handlers of protocols that are registered through them are replaced. */
export function wrapHandlers<Components extends StreamComponents>(
  components: Components,
  wrap: (handler: StreamHandler, options?: StreamHandlerOptions) => StreamHandler
): Components {
  return withMember(components, 'registrar', 'handle', (handle: StreamComponents['registrar']['handle']) => {
    return async (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions) =>
      handle(protocol, wrap(handler, options), options)
  })
}

/** Wraps the components of a node: `onOpen` receives each stream that is opened to a peer through them, before it is used. */
export function wrapOpenStream<Components extends StreamComponents>(
  components: Components,
  onOpen: (stream: Stream, peer: PeerId) => void
): Components {
  return withMember(
    components,
    'connectionManager',
    'openStream',
    (openStream: (peer: PeerId, ...rest: unknown[]) => Promise<Stream>) =>
      async (peer: PeerId, ...rest: unknown[]): Promise<Stream> => {
        const stream = await openStream(peer, ...rest)
        // a peer can be given by its addresses, too
        if (typeof peer.toMultihash === 'function') onOpen(stream, peer)
        return stream
      }
  )
}

/** Components of which one method of one component is replaced. A component that does not exist stays absent. */
function withMember<Components extends object, Method>(
  components: Components,
  component: string,
  method: string,
  wrap: (original: Method) => Method
): Components {
  const target: unknown = Reflect.get(components, component, components)
  if (typeof target !== 'object' || target === null) return components
  const wrapped = new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      const bound = member.bind(target) as Method
      return name === method ? wrap(bound) : bound
    }
  })
  return withComponent(components, component, wrapped)
}

/** Components of which one is replaced. */
export function withComponent<Components extends object>(
  components: Components,
  component: string,
  replacement: unknown
): Components {
  return new Proxy(components, {
    get: (_, name) => (name === component ? replacement : (Reflect.get(components, name, components) as unknown))
  })
}
