import type { RecordHandler } from '@recordkit/record-http'

/** What `/health` and `/metrics` show. */
export interface AdminSource {
  /** the state of the process. @throws when the store cannot be read */
  readonly health: () => Promise<Readonly<Record<string, unknown>> & { readonly status: string }>
  /** metrics in the text format of Prometheus */
  readonly metrics: () => Promise<string>
}

/** Answers `/health` and `/metrics`; everything else goes to `next`, or is 404 without one. */
export function adminRoutes({ health, metrics }: AdminSource, next?: RecordHandler): RecordHandler {
  return async (request, source) => {
    const { pathname } = new URL(request.url)
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    try {
      if (isRead && pathname === '/health') {
        const state = await health()
        return Response.json(state, { status: state.status === 'ok' ? 200 : 503 })
      }
      if (isRead && pathname === '/metrics')
        return new Response(await metrics(), {
          headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }
        })
    } catch {
      return Response.json({ status: 'failed' }, { status: 503 })
    }
    return next === undefined ? new Response('unknown path\n', { status: 404 }) : next(request, source)
  }
}
