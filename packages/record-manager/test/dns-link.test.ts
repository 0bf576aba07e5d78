import { ipnsNameToString } from '@recordkit/record-codec'
import { FakeTimers, flushMicrotasks } from '@recordkit/record-conformance'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { publishIpns, resolveIpns, resolveIpnsWithTtl } from '@recordkit/record-manager/ipns'
import type { DnsAnswer, DnsResolver } from '@recordkit/record-manager/ipns'
import { portableSigner, second } from '@recordkit/testing'
import { expect, test } from 'vitest'
import { createTestManager } from './test-manager.ts'

const path = '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
const signer = portableSigner(new Uint8Array(32).fill(1))
const name = ipnsNameToString(peerIdFromPublicKey(signer.publicKey))
const silence = new Promise<never>(() => undefined)

/** A TXT record. */
const text = (data: string, TTL = 60): DnsAnswer => ({ type: 16, TTL, data })

/** A resolver like `dns()` of `@multiformats/dns`, which throws for a domain without records. */
function resolverOf(zone: Readonly<Record<string, readonly DnsAnswer[]>>) {
  const queries: { readonly domain: string; readonly options: unknown }[] = []
  return {
    queries,
    async query(domain: string, options?: object) {
      queries.push({ domain, options: { ...options, signal: undefined } })
      const answers = zone[domain]
      if (answers === undefined)
        throw Object.assign(new AggregateError([Object.assign(new Error('queryTxt'), { code: 'ENOTFOUND' })]), {
          name: 'DNSQueryFailedError'
        })
      return { Status: 0, Answer: answers }
    }
  }
}

const { local } = await createTestManager({ signers: [signer] })
await publishIpns(local, path, { signer, ttl: 100_000 })

test('a domain is resolved through the option dns only, and its path is joined with that of the record', async () => {
  await expect(resolveIpns(local, '/ipns/example.org/docs')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  const dns = resolverOf({ '_dnslink.example.org': [text(`dnslink=/ipns/${name}/site`)] })
  expect(await resolveIpns(local, '/ipns/Example.org./docs', { dns })).toBe(`${path}/site/docs`)
  expect(await resolveIpns(local, 'other.example', { dns })).toBeUndefined()
  expect(dns.queries.map(({ domain }) => domain)).toEqual([
    '_dnslink.example.org',
    '_dnslink.other.example',
    'other.example'
  ])
  expect(dns.queries[0]?.options).toMatchObject({ types: [16], cached: true })
})

test('the domain itself is asked when its _dnslink subdomain has no link, and noCache passes the cache of the resolver', async () => {
  const dns = resolverOf({ '_dnslink.a.test': [text('v=spf1')], 'a.test': [text('x'), text(`dnslink=${path}`)] })
  expect(await resolveIpns(local, 'a.test', { dns, noCache: true })).toBe(path)
  expect(dns.queries[1]).toEqual({ domain: 'a.test', options: { types: [16], cached: false } })
})

test('a link in quotes, in several strings and after a CNAME is read', async () => {
  const answers = [{ type: 5, TTL: 1, data: 'b.test' }, text(`"dnslink=${path}" "/a\\"b"`)]
  expect(await resolveIpns(local, 'a.test', { dns: resolverOf({ '_dnslink.a.test': answers }) })).toBe(`${path}/a"b`)
})

test('the TTL of a DNS answer counts, and one that is not a number of seconds is 0', async () => {
  for (const [TTL, ttl] of [
    [30, 30n * second],
    [300, 100n * second],
    [-1, 0n],
    ['x', 0n]
  ] as const) {
    const dns = resolverOf({ '_dnslink.a.test': [text(`dnslink=/ipns/${name}`, TTL as number)] })
    const options = { dns, clock: () => 0n }
    expect(await resolveIpnsWithTtl(local, 'a.test', options)).toEqual({ path, ttl })
  }
})

test('several different links are DNSLINK_AMBIGUOUS, and equal ones are one', async () => {
  const twice = resolverOf({ '_dnslink.a.test': [text(`dnslink=${path}`, 9), text(`dnslink=${path}`, 5)] })
  expect(await resolveIpnsWithTtl(local, 'a.test', { dns: twice })).toEqual({ path, ttl: 5n * second })
  const two = resolverOf({ '_dnslink.a.test': [text(`dnslink=${path}`), text('dnslink=/ipfs/other')] })
  await expect(resolveIpns(local, 'a.test', { dns: two })).rejects.toMatchObject({ code: 'DNSLINK_AMBIGUOUS' })
})

test.each(['', 'ipfs/x', '/', '/ipfs', '/ipfs/', '//x', '/ipfs/a\u001B[31m', `/ipfs/${'x'.repeat(10_240)}`])(
  'the link %j is DNSLINK_INVALID, and in no error',
  async (link) => {
    const dns = resolverOf({ '_dnslink.a.test': [text(`dnslink=${link}`)] })
    const error: unknown = await resolveIpns(local, 'a.test', { dns }).catch((reason: unknown) => reason)
    // white space around a link is not part of it
    if (link.trim() !== link) expect(error).toBe('/ipfs/a')
    else expect(error).toMatchObject({ code: 'DNSLINK_INVALID' })
    expect(String(error)).not.toContain('[31m')
  }
)

test('domains that point to each other, and one that points to itself, end with IPNS_TOO_DEEP', async () => {
  const circle = resolverOf({
    '_dnslink.a.test': [text('dnslink=/ipns/b.test')],
    '_dnslink.b.test': [text('dnslink=/ipns/a.test/x')],
    '_dnslink.c.test': [text('dnslink=/ipns/c.test')]
  })
  for (const domain of ['a.test', 'c.test'])
    await expect(resolveIpns(local, domain, { dns: circle })).rejects.toMatchObject({ code: 'IPNS_TOO_DEEP' })
  expect(circle.queries).toHaveLength(64)
})

test.each<[string, (domain: string) => unknown]>([
  ['fails', () => Promise.reject(new Error('SERVFAIL'))],
  [
    'throws synchronously',
    () => {
      throw new Error('refused')
    }
  ],
  ['answers nothing', () => undefined],
  ['answers with text', () => 'garbage'],
  ['answers with a list that is not one', () => ({ Answer: 5 })],
  ['answers with a record without text', () => ({ Answer: [{ type: 16, TTL: 1, data: 7 }] })],
  ['answers with nothing in the list', () => ({ Answer: [null] })],
  ['answers with a failure', () => ({ Status: 2, Answer: [] })]
])('a server that %s is DNS_FAILED', async (_, query) => {
  const dns = { query } as unknown as DnsResolver
  await expect(resolveIpns(local, 'a.test', { dns })).rejects.toMatchObject({ code: 'DNS_FAILED' })
})

test('of a server that answers with a million records, 256 are read', async () => {
  const many = Array.from({ length: 1_000_000 }, (_, index) => text(index === 999_999 ? `dnslink=${path}` : 'x'))
  expect(await resolveIpns(local, 'a.test', { dns: resolverOf({ '_dnslink.a.test': many }) })).toBeUndefined()
})

test('a server that does not answer is TIMEOUT, for all domains of a call together', async () => {
  const time = new FakeTimers()
  let queries = 0
  // each answer takes 20 s, and points to the next domain
  const dns: DnsResolver = {
    query: () =>
      new Promise((resolve) => {
        const next = `dnslink=/ipns/d${++queries}.test`
        time.setTimer(() => resolve({ Answer: [text(next)] }), 20_000)
      })
  }
  const { setTimer } = time
  const slow = expect(resolveIpns(local, 'a.test', { dns, setTimer })).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: 'DNS did not answer within 30 s'
  })
  const silent = expect(
    resolveIpns(local, 'a.test', { dns: { query: () => silence }, setTimer, timeout: 1000 })
  ).rejects.toMatchObject({ code: 'TIMEOUT' })
  await flushMicrotasks()
  await time.advance(40n * second)
  await Promise.all([slow, silent])
  expect(queries).toBe(2)
  expect(time.pending).toBe(0)
})

test('an aborted call rejects with the reason of its signal, and a later failure of the server is not unhandled', async () => {
  const controller = new AbortController()
  let fail = (_: Error): void => undefined
  const dns: DnsResolver = { query: () => new Promise((_resolve, reject) => (fail = reject)) }
  const resolving = resolveIpns(local, 'a.test', { dns, signal: controller.signal })
  await flushMicrotasks()
  controller.abort(new Error('aborted by the caller'))
  await expect(resolving).rejects.toThrow('aborted by the caller')
  fail(new Error('late'))
})

test('what is neither a name nor a domain is IPNS_NAME_INVALID, and no server is asked', async () => {
  const dns = resolverOf({})
  for (const domain of ['.', 'a..b', '.a', 'a b.test', 'a.test:53', '../x', `${'a.'.repeat(200)}test`, 'a.\u0000'])
    await expect(resolveIpns(local, domain, { dns })).rejects.toMatchObject({ code: 'IPNS_NAME_INVALID' })
  expect(dns.queries).toEqual([])
})

test('a resolver of links, such as that of Helia, is used as it is', async () => {
  const asked: string[] = []
  const dns: DnsResolver = {
    async resolve(domain) {
      asked.push(domain)
      if (domain === 'none.test') throw Object.assign(new Error('none'), { name: 'DNSLinkNotFoundError' })
      return [{ answer: text(`"dnslink=/ipns/${name}/a"`) }]
    }
  }
  expect(await resolveIpns(local, 'a.test/b', { dns })).toBe(`${path}/a/b`)
  expect(await resolveIpns(local, 'none.test', { dns })).toBeUndefined()
  expect(asked).toEqual(['a.test', 'none.test'])
})
