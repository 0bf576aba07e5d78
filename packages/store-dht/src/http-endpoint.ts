import { RecordError } from '@recordkit/record-types'
import { nameOf, printable } from '@recordkit/record-types/internal'

/** An HTTP server: of Delegated Routing, or a gateway. */
export interface HttpEndpoint {
  /** the ID of the server as a peer: the bytes of its URL, without credentials */
  readonly from: Uint8Array
  /** without credentials and without a slash at the end */
  readonly url: string
  /** the value of the header of that name, when the URL contains credentials */
  readonly authorization: string | undefined
}

/**
 * Reads the URLs of servers. User and password become a header, so that they are in no receipt and in no error.
 *
 * @param name - what the URLs are called in an error
 * @param suffix - what is added to a URL, and must not be in its path
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function parseEndpoints(endpoints: readonly string[], name: string, suffix: string): readonly HttpEndpoint[] {
  if (!Array.isArray(endpoints))
    throw invalid(`${name} is ${nameOf(endpoints)}; an array of URLs such as ['https://example.org'] is expected`)
  return (endpoints as readonly string[]).map((endpoint, index) => parseEndpoint(endpoint, `${name}[${index}]`, suffix))
}

function parseEndpoint(endpoint: string, name: string, suffix: string): HttpEndpoint {
  if (typeof endpoint !== 'string') throw invalid(`${name} is ${nameOf(endpoint)}; an http or https URL is expected`)
  if (!URL.canParse(endpoint) || !/^https?:/i.test(endpoint))
    throw invalid(`${name} is "${withoutSecrets(endpoint)}"; an http or https URL is expected`)
  const url = new URL(endpoint)
  const authorization = authorizationOf(url)
  url.username = ''
  url.password = ''
  if (/[?#]/.test(url.href))
    throw invalid(`${name} has a query or a fragment; expected is ${url.origin}${url.pathname}`)
  const at = `${url.pathname}/`.toLowerCase().indexOf(`${suffix}/`)
  if (at !== -1)
    throw invalid(
      `${name} contains ${suffix}, which is added to it; expected is ${url.origin}${url.pathname.slice(0, at)}`
    )
  const address = url.href.replace(/\/+$/, '')
  return { from: new TextEncoder().encode(address), url: address, authorization }
}

/** Basic authentication with the credentials of a URL. @see RFC 7617 */
function authorizationOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  const bytes = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}

/** Decodes percent signs; text in which one is not followed by two digits is left as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The text of an endpoint without what may be a secret: all before an `@`, a query and a fragment. */
function withoutSecrets(endpoint: string): string {
  return printable(endpoint.replace(/^.*@/s, '...@').replace(/[?#].*/s, ''))
}

function invalid(message: string): RecordError<'INVALID_ARGUMENT'> {
  return new RecordError('INVALID_ARGUMENT', message)
}
