import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, SetTimer } from '@recordkit/record-types'
import { anySignal, raceAbort } from '@recordkit/record-types/internal'

/** An answer of DNS. */
export interface DnsAnswer {
  /** 16 for TXT */
  readonly type: number
  /** s */
  readonly TTL: number
  readonly data: string
}

/** A resolver of domains: `dns()` of `@multiformats/dns`, or `dnsLink(helia)` of `@helia/dnslink`. */
export type DnsResolver =
  | {
      query(
        domain: string,
        options?: { signal?: AbortSignal; cached?: boolean; types?: number[] }
      ): Promise<{ readonly Status?: number; readonly Answer: readonly DnsAnswer[] }>
    }
  | {
      resolve(
        domain: string,
        options?: { signal?: AbortSignal; nocache?: boolean }
      ): Promise<readonly { readonly answer: DnsAnswer }[]>
    }

/** What a name points to. */
export interface ResolvedPath {
  readonly path: string
  /** ns for which the result may be cached */
  readonly ttl: bigint
}

export interface DnsLinkOptions extends AbortOptions {
  /** ms that all queries together may take */
  readonly timeout: number
  readonly setTimer: SetTimer
  /** ask the servers, and not the cache of the resolver */
  readonly noCache: boolean
}

const txt = 16
const noSuchDomain = 3
/** a server can send any number of answers */
const maxAnswers = 256
/** characters of a link; that of a longest IPNS value */
const maxLink = 10_240

/** Resolves domains to what their DNSLink records say. A server that answers slowly cannot hold the caller longer than the timeout. */
export class DnsLinks {
  readonly #resolver: DnsResolver
  readonly #options: DnsLinkOptions
  readonly #expired = new AbortController()
  #cancelTimer: (() => void) | undefined

  constructor(resolver: DnsResolver, options: DnsLinkOptions) {
    this.#resolver = resolver
    this.#options = options
  }

  /**
   * What the DNSLink record of a domain says; `undefined` when it has none.
   *
   * @throws RecordError `DNS_FAILED`, `DNSLINK_INVALID`, `DNSLINK_AMBIGUOUS`; `TIMEOUT`; the reason of the signal
   * @see DNSLink specification
   */
  async resolve(domain: string): Promise<ResolvedPath | undefined> {
    const { signal, timeout, setTimer } = this.#options
    signal?.throwIfAborted()
    if (timeout !== Number.POSITIVE_INFINITY)
      this.#cancelTimer ??= setTimer(() => {
        this.#expired.abort(new RecordError('TIMEOUT', `DNS did not answer within ${timeout / 1000} s`))
      }, timeout)
    const queries = [`_dnslink.${domain}`, domain]
    if (!('query' in this.#resolver)) queries.shift()
    for (const query of queries) {
      const link = linkIn(await this.#answers(query))
      if (link !== undefined) return link
    }
    return undefined
  }

  /** Stops the timer. */
  close(): void {
    this.#cancelTimer?.()
  }

  async #answers(domain: string): Promise<readonly DnsAnswer[]> {
    const { signal: given, noCache } = this.#options
    const signal = given === undefined ? this.#expired.signal : anySignal([given, this.#expired.signal])
    const resolver = this.#resolver
    try {
      const answers = await raceAbort(
        (async () => {
          if (!('query' in resolver))
            return (await resolver.resolve(domain, { signal, nocache: noCache })).map(({ answer }) => answer)
          const { Status: status = 0, Answer: list } = await resolver.query(domain, {
            signal,
            cached: !noCache,
            types: [txt]
          })
          if (status !== 0 && status !== noSuchDomain) throw new Error(`the status of the response is ${status}`)
          return list
        })(),
        signal
      )
      return answers.slice(0, maxAnswers).filter((answer) => {
        if (typeof answer.data !== 'string') throw new TypeError('an answer has no text')
        return answer.type === txt
      })
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (isMiss(error)) return []
      throw new RecordError('DNS_FAILED', 'the DNS server could not be asked, or its answer cannot be read', {
        cause: error
      })
    }
  }
}

/** The only link among the answers. */
function linkIn(answers: readonly DnsAnswer[]): ResolvedPath | undefined {
  const links = new Map<string, number>()
  for (const { data, TTL: seconds } of answers) {
    const text = textOf(data)
    if (!text.startsWith('dnslink=')) continue
    const link = text.slice('dnslink='.length).trim()
    const ttl = Number.isSafeInteger(seconds) && seconds > 0 ? seconds : 0
    links.set(link, Math.min(ttl, links.get(link) ?? ttl))
  }
  if (links.size > 1)
    throw new RecordError('DNSLINK_AMBIGUOUS', `the domain has ${links.size} different DNSLink records; 1 is expected`)
  const [first] = links
  if (first === undefined) return undefined
  const [path, ttl] = first
  if (path.length > maxLink || !/^\/[^/\p{Cc}]+\/[^/\p{Cc}][^\p{Cc}]*$/u.test(path))
    throw new RecordError(
      'DNSLINK_INVALID',
      'the DNSLink record of the domain is not a path such as /ipfs/bafy… or /ipns/k51…'
    )
  return { path, ttl: BigInt(ttl) * 1_000_000_000n }
}

/** The text of a TXT record, which some resolvers return in quotes, as one or several strings. */
function textOf(data: string): string {
  if (!data.startsWith('"')) return data
  const strings = data.match(/"(?:[^"\\]|\\.)*"/g) ?? []
  return strings.map((string) => string.slice(1, -1).replaceAll(/\\(.)/g, '$1')).join('')
}

/** Whether an error means that there is no such record: that of Node.js, `@multiformats/dns` or `@helia/dnslink`, or all of several. */
function isMiss(error: unknown): boolean {
  const { name, code, errors } = (error ?? {}) as Partial<Record<'name' | 'code' | 'errors', unknown>>
  return (
    code === 'ENOTFOUND' ||
    code === 'ENODATA' ||
    ['NotFoundError', 'DNSLinkNotFoundError', 'EmptyDNSAnswerError'].includes(String(name)) ||
    (Array.isArray(errors) && errors.length > 0 && errors.every(isMiss))
  )
}
