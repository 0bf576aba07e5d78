import { ipnsNameToString, ipnsRoutingKey, peerIdToString } from '@recordkit/record-codec'
import { createRecordManager } from '@recordkit/record-manager/quick'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import type { Signer } from '@recordkit/record-types'
import type { StandardSchema } from '@recordkit/record-validators'
import { anyAuthor, ipns, ownedKey, ownerInKey, signed, withAuthors } from '@recordkit/record-validators'
import { portableSigner } from '@recordkit/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'

interface Theme {
  readonly colour: string
}

/** A schema that counts its calls and turns the colour into upper case. */
function themeSchema() {
  const calls = { count: 0 }
  const schema: StandardSchema<Theme, { readonly colour: string; readonly loud: true }> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate(value) {
        calls.count++
        const { colour } = value as Partial<Theme>
        if (typeof colour !== 'string') return { issues: [{ message: 'colour must be a string' }] }
        return { value: { colour: colour.toUpperCase(), loud: true } }
      }
    }
  }
  return { schema, calls }
}

const withPeerId = (signer: Signer) => ({ ...signer, peerId: peerIdFromPublicKey(signer.publicKey) })
const signer = withPeerId(portableSigner(new Uint8Array(32).fill(7)))
const other = withPeerId(portableSigner(new Uint8Array(32).fill(8)))

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const item of items) collected.push(item)
  return collected
}

async function setUp() {
  const { schema, calls } = themeSchema()
  const config = signed('config', { authors: ownerInKey(), schema })
  const wall = signed('wall', { authors: anyAuthor() })
  const manager = await createRecordManager({ namespaces: [config, wall], signer, signers: [other] })
  return { manager, calls, config, wall, mine: manager.namespace(config) }
}

describe('the records of a namespace with a schema', () => {
  test('are put and returned in the types of the schema, as the schema transforms them', async () => {
    const { manager, mine } = await setUp()
    await mine.put('app', { colour: 'green' })
    const record = await mine.get('app')
    expectTypeOf(record?.content.loud).toEqualTypeOf<true | undefined>()
    expect(record?.content).toEqual({ colour: 'GREEN', loud: true })
    expect(await manager.get(ownedKey('config', manager.peerId as Uint8Array, 'app'))).toEqual(
      new TextEncoder().encode('{"colour":"green"}')
    )
    await manager.close()
  })

  test('are decoded once per verification', async () => {
    const { manager, mine, calls } = await setUp()
    await mine.put('app', { colour: 'green' })
    expect(calls.count).toBe(1)
    await mine.get('app')
    expect(calls.count).toBe(2)
    await manager.close()
  })

  test('are refused when the content does not match, and nothing is stored', async () => {
    const { manager, mine } = await setUp()
    await expect(mine.put('app', { colour: 7 } as never)).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
    await expect(mine.put('app', undefined as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await mine.get('app')).toBeUndefined()
    await manager.close()
  })

  test('can be read of another owner, by peer ID or by text in any base', async () => {
    const { manager, mine } = await setUp()
    await mine.put('app', { colour: 'red' }, { signer: other })
    expect(await mine.get('app')).toBeUndefined()
    for (const owner of [other.peerId, peerIdToString(other.peerId), ipnsNameToString(other.peerId)])
      expect((await mine.get('app', { owner }))?.content.colour).toBe('RED')
    await expect(mine.get('app', { owner: 'unknown' })).rejects.toMatchObject({ code: 'IPNS_NAME_INVALID' })
    await manager.close()
  })

  test('are listed, watched, deleted and revoked by path', async () => {
    const { manager, mine } = await setUp()
    const watched = mine.watch('app')
    const next = watched.next()
    await mine.put('app', { colour: 'green' })
    expect((await next).value).toMatchObject({ content: { colour: 'GREEN' } })
    await watched.return(undefined)
    await mine.put('app', { colour: 'red' }, { signer: other })
    expect((await collect(mine.list())).map(({ content }) => content.colour).toSorted()).toEqual(['GREEN', 'RED'])
    expect((await collect(mine.list({ owner: other.peerId }))).length).toBe(1)
    expect(await mine.delete('app')).toBe(true)
    expect(await mine.get('app')).toBeUndefined()
    await mine.revoke('app', { signer: other })
    expect(await mine.get('app', { owner: other.peerId })).toBeUndefined()
    expect((await collect(mine.list())).length).toBe(0)
    await manager.close()
  })
})

test('a namespace without a schema is read and written in bytes, by path', async () => {
  const { manager, wall } = await setUp()
  const records = manager.namespace(wall)
  await records.put('path', Uint8Array.of(1))
  const content = (await records.get('path'))?.content
  expectTypeOf(content).toEqualTypeOf<Uint8Array | undefined>()
  expect(content).toEqual(Uint8Array.of(1))
  await expect(records.get('path', { owner: signer.peerId })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await manager.close()
})

test('an IPNS name needs no path', async () => {
  const names = ipns()
  const manager = await createRecordManager({ namespaces: [names], signer })
  expect(manager.namespace(names).keyFor()).toEqual(ipnsRoutingKey(signer.peerId))
  await manager.close()
})

test('a namespace that the engine does not contain is INVALID_ARGUMENT, and named', async () => {
  const { manager, config } = await setUp()
  const restricted = withAuthors(config, anyAuthor())
  expect(() => manager.namespace(restricted)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('config') })
  )
  expect(() => manager.namespace(undefined as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  await manager.close()
})
