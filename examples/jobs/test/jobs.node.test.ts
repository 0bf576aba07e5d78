import { ipnsNameToString, parseIpnsName } from '@recordkit/record-codec'
import { testStore } from '@recordkit/record-conformance'
import { createIpnsRecord, generateKeyPair } from '@recordkit/record-crypto'
import { createStore } from '@recordkit/record-store'
import { timeFromDate } from '@recordkit/record-types'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { verify } from '../src/1-verify-ipns-record.ts'
import { publish } from '../src/2-publish-name.ts'
import { setColour } from '../src/4-typed-configuration.ts'
import { exchange } from '../src/5-peer-record.ts'
import { highest } from '../src/6-own-namespace.ts'
import { MapBackend } from '../src/7-own-store.ts'

const path = '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'

test('verifies the IPNS record that a gateway answers, and refuses that of another name', async () => {
  const signer = await generateKeyPair()
  const validity = timeFromDate(new Date(Date.now() + 3_600_000))
  const value = await createIpnsRecord({ value: path, sequence: 1n, validity }, { signer })
  const server = createServer((_, response) => response.end(value))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    expect(await verify(gateway, ipnsNameToString(signer.peerId))).toBe(path)
    const other = await generateKeyPair()
    await expect(verify(gateway, ipnsNameToString(other.peerId))).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
  } finally {
    server.close()
  }
})

test('publishes a name from a node, also without peers', async () => {
  expect(await publish(['/ip4/127.0.0.1/tcp/0'], path)).toBe(path)
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

describe('a store of the application', () => {
  const { capabilities } = new MapBackend()
  testStore(
    { test, describe },
    { name: 'Map', capabilities, open: (setting) => createStore(new MapBackend(), setting) }
  )
})

test.each([
  ['1-verify-ipns-record', 8],
  ['2-publish-name', 20],
  ['4-typed-configuration', 13],
  ['5-peer-record', 6],
  ['6-own-namespace', 18],
  ['7-own-store', 35]
])('the program %s has at most %i lines without its imports', (name, lines) => {
  const [file = ''] = globSync(join(import.meta.dirname, '..', 'src', `${name}.ts`))
  const code = readFileSync(file, 'utf8')
    .replaceAll(/^import [\s\S]*? from '.*'$/gm, '')
    .replaceAll(/\/\*\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(lines)
})
