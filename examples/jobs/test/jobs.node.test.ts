import { ipnsNameToString, parseIpnsName } from '@recordkit/record-codec'
import { createIpnsRecord, generateKeyPair } from '@recordkit/record-crypto'
import { createRecordComponents } from '@recordkit/record-libp2p'
import { publishIpns, resolveIpns } from '@recordkit/record-manager/ipns'
import { createTestNetwork } from '@recordkit/record-test-network'
import { timeFromDate } from '@recordkit/record-types'
import { MemoryDatastore } from 'datastore-core'
import { globSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { verify } from '../src/1-verify-ipns-record.ts'
import { publish } from '../src/2-publish-name.ts'
import { resolve } from '../src/3-resolve-over-http.ts'
import { setColour } from '../src/4-typed-configuration.ts'
import { exchange } from '../src/5-peer-record.ts'
import { highest } from '../src/6-own-namespace.ts'
import { publish as publishUnderHelia } from '../src/8-under-helia.ts'
import { startServer } from '../src/guides/node.ts'
import { loopback } from '../src/loopback.ts'

const path = '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
const type = 'application/vnd.ipfs.ipns-record'

/** Starts an HTTP server on loopback. */
async function serve(listener: RequestListener) {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    listener(request, response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    }
  }
}

/** A program as JavaScript without types. */
async function javascript<Program>(name: string): Promise<Program> {
  const folder = join(import.meta.dirname, '..', 'dist', 'javascript')
  await mkdir(folder, { recursive: true })
  const file = join(folder, `${name}.js`)
  const code = readFileSync(join(import.meta.dirname, '..', 'src', `${name}.ts`), 'utf8')
  await writeFile(file, stripTypeScriptTypes(code))
  return (await import(pathToFileURL(file).href)) as Program
}

test('verifies the IPNS record that a gateway answers, and refuses that of another name', async () => {
  const signer = await generateKeyPair()
  const validity = timeFromDate(new Date(Date.now() + 3_600_000))
  const value = await createIpnsRecord({ value: path, sequence: 1n, validity }, { signer })
  await using gateway = await serve((_, response) => response.end(value))
  expect(await verify(gateway.url, ipnsNameToString(signer.peerId))).toBe(path)
  const other = await generateKeyPair()
  await expect(verify(gateway.url, ipnsNameToString(other.peerId))).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
})

test('publishes a name from a node, also without peers', async () => {
  expect(await publish(['/ip4/127.0.0.1/tcp/0'], path)).toBe(path)
})

const languages = {
  TypeScript: { resolve, publishUnderHelia },
  JavaScript: {
    resolve: (await javascript<typeof import('../src/3-resolve-over-http.ts')>('3-resolve-over-http')).resolve,
    publishUnderHelia: (await javascript<typeof import('../src/8-under-helia.ts')>('8-under-helia')).publish
  }
}

describe.each(Object.entries(languages))('in %s', (_language, programs) => {
  test('resolves a name over HTTP, and over the DHT when the server has no valid record', async () => {
    await using network = await createTestNetwork({
      transport: 'memory',
      nodes: 3,
      node() {
        const components = createRecordComponents()
        return {
          kadDhtInit: components.kadDhtInit,
          datastore: components.datastore(new MemoryDatastore()),
          services: { records: components.service() }
        }
      }
    })
    const [author, reader] = network.honest
    const { record } = await publishIpns(author!.services.records.manager, path)
    const { dht } = reader!.services
    const name = author!.peerId.toString()
    const responses: RequestListener[] = [
      (_request, response) => response.writeHead(404).end(),
      (_request, response) => response.writeHead(500).end(),
      (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      (_request, response) => response.writeHead(200, { 'content-type': type }).end(Uint8Array.of(1)),
      (_request, response) => response.socket?.destroy()
    ]
    for (const answer of responses) {
      await using server = await serve(answer)
      expect(await programs.resolve(server.url, dht, name)).toBe(path)
      expect(server.requests).toHaveLength(1)
    }
    await using server = await serve((_request, response) =>
      response.writeHead(200, { 'content-type': type }).end(record.value)
    )
    const asked = () => {
      throw new Error('the DHT was asked')
    }
    expect(await programs.resolve(server.url, { get: asked, put: asked }, name)).toBe(path)
  })

  test('a name that Helia publishes is resolved by a node of libp2p', async () => {
    const server = await startServer(['/ip4/127.0.0.1/tcp/0'])
    try {
      const name = await programs.publishUnderHelia(loopback(), server.getMultiaddrs(), path)
      expect(await resolveIpns(server.services.records.manager, name, { offline: true })).toBe(path)
    } finally {
      await server.stop()
      await server.services.records.close()
    }
  })
})

test('keeps a typed configuration and its signer on disk: the second run reads what the first one wrote', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recordkit-job-'))
  try {
    expect(await setColour(folder, 'green')).toBeUndefined()
    expect(await setColour(folder, 'red')).toBe('green')
    expect(await setColour(folder, 'blue')).toBe('red')
    await expect(setColour(folder, 7 as never)).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('seals and opens a peer record', async () => {
  const [peer = '', addresses] = (await exchange('/ip4/127.0.0.1/tcp/4001')).split(' ')
  expect(parseIpnsName(peer).length).toBe(38)
  expect(addresses).toBe('/ip4/127.0.0.1/tcp/4001')
})

test('a namespace of the application decides which record wins', async () => {
  expect(await highest(3, 9, 5)).toBe(9)
})

test.each([
  ['1-verify-ipns-record', 8],
  ['2-publish-name', 20],
  ['3-resolve-over-http', 9],
  ['4-typed-configuration', 13],
  ['5-peer-record', 6],
  ['6-own-namespace', 19],
  ['7-own-store', 35],
  ['8-under-helia', 11]
])('the program %s has at most %i lines without its imports', (name, lines) => {
  const [file = ''] = globSync(join(import.meta.dirname, '..', 'src', `${name}.ts`))
  const code = readFileSync(file, 'utf8')
    .replaceAll(/^import [\s\S]*? from '.*'$/gm, '')
    .replaceAll(/\/\*\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(lines)
})
