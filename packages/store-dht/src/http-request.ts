import { RecordError } from '@recordkit/record-types'
import type { HttpEndpoint } from './http-endpoint.ts'

declare global {
  /** For programs without the types of a page or of Node.js, where these declarations are the only ones. */
  interface RequestInit {
    method?: string
  }
  interface Response {
    readonly ok: boolean
  }
}

/** Sends a request, as `fetch` of the platform does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** The options of a request, with its headers as an object. */
export interface HttpRequest extends RequestInit {
  readonly headers: Record<string, string>
}

/** maximum number of redirects of one request */
const maxRedirects = 3
const redirects: ReadonlySet<number> = /* @__PURE__ */ new Set([301, 302, 307, 308])

/**
 * Sends a request to a server. Redirects are followed within its origin only: another host would receive the body and the
 * credentials, and could be one that only this machine can reach. In a browser page no redirect is followed, because the page
 * cannot see where it leads.
 *
 * @throws RecordError `ROUTING_FAILED` for another redirect; the error of `send`
 */
export async function sendHttpRequest(
  send: Fetch,
  { url: base, authorization }: HttpEndpoint,
  path: string,
  init: HttpRequest
): Promise<Response> {
  const headers = authorization === undefined ? init.headers : { ...init.headers, authorization }
  const { origin } = new URL(base)
  let url = `${base}${path}`
  for (let followed = 0; ; followed++) {
    const response = await send(url, { ...init, headers, redirect: 'manual' })
    if (response.type !== 'opaqueredirect' && !redirects.has(response.status)) return response
    await response.body?.cancel()
    const location = response.headers.get('location')
    const target = location === null || !URL.canParse(location, url) ? undefined : new URL(location, url)
    if (target?.origin !== origin) throw refused('the server redirects to another origin')
    if (followed === maxRedirects) throw refused(`the server redirects more than ${maxRedirects} times`)
    target.username = ''
    target.password = ''
    url = target.href
  }
}

function refused(message: string): RecordError<'ROUTING_FAILED'> {
  return new RecordError('ROUTING_FAILED', message)
}
