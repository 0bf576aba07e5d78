import type { StreamHandler, StreamHandlerOptions } from '@libp2p/interface'

/** The component of a node that is used: the registrar of protocol handlers. */
export interface StreamComponents {
  readonly registrar: {
    handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>
  }
}

/** Wraps the components of a node: the handlers of protocols that are registered through them are replaced. */
export function wrapHandlers<Components extends StreamComponents>(
  components: Components,
  wrap: (handler: StreamHandler, options?: StreamHandlerOptions) => StreamHandler
): Components {
  const { registrar } = components
  const wrapped = new Proxy(registrar, {
    get(target, name) {
      if (name === 'handle') {
        return async (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions) =>
          target.handle(protocol, wrap(handler, options), options)
      }
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    }
  })
  return new Proxy(components, {
    get: (target, name) => (name === 'registrar' ? wrapped : (Reflect.get(target, name, target) as unknown))
  })
}
