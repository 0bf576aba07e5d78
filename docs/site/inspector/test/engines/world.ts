import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePublicKey, ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { createIpnsRecord, exportPrivateKey, generateKeyPair, sealSignedRecord } from '@recordkit/record-crypto'
import { systemClock } from '@recordkit/record-types'
import { buildPage } from '../../build/build-page.ts'
import { servePage } from '../../build/page-server.ts'
import type { PageServer } from '../../build/page-server.ts'

/** ns */
const hour = 3_600_000_000_000n

/** What would run if text from a record were inserted as HTML. */
export const hostile = `/ipfs/<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>`

/** Records by one new key, and the servers that a page needs. */
export async function openWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'recordkit-inspector-'))
  await buildPage(folder)
  const signer = await generateKeyPair()
  const name = ipnsNameToString(signer.peerId)
  const now = systemClock()
  const ipns = (sequence: bigint, value = '/ipfs/bafkqaaa', validity = now + 24n * hour) =>
    createIpnsRecord({ value, sequence, validity, ttl: hour }, { signer, now: 0n })
  const record = await ipns(7n)
  const newer = await ipns(8n)
  const forged = record.slice()
  const at = forged.indexOf(0x42, 100) + 10
  forged[at] = (forged[at] as number) ^ 1
  const signed = await sealSignedRecord(
    {
      key: joinRecordKey('config', `${name}/app`),
      content: new TextEncoder().encode(hostile),
      sequence: 1n,
      issued: now - hour,
      expires: now + hour,
      ttl: 0n,
      revoked: false
    },
    { signer }
  )
  const server = await servePage(folder, 0, new Map([[name, record]]))
  // it answers without the headers that web pages of other origins need
  const other = createServer((_, response) => response.end('ok'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  return {
    name,
    record,
    newer,
    forged,
    signed,
    expired: await ipns(6n, '/ipfs/bafkqaaa', now - hour),
    hostile: await ipns(9n, hostile),
    publicKey: encodePublicKey(signer.publicKey),
    privateKey: exportPrivateKey(signer),
    url: server.url,
    router: new URL('/', server.url).href,
    otherRouter: `http://127.0.0.1:${(other.address() as AddressInfo).port}`,
    /** a server of the page that can be stopped */
    servePage: (): Promise<PageServer> => servePage(folder),
    close: async (): Promise<void> => {
      await server.close()
      other.closeAllConnections()
      other.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

export type World = Awaited<ReturnType<typeof openWorld>>
