import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { KeyChain } from '@recordkit/record-manager'
import type { Signer } from '@recordkit/record-types'
import { portableSigner } from '@recordkit/testing'
import { describe, expect, test } from 'vitest'
import { bytes } from './test-manager.ts'

const authorOf = ({ publicKey }: Signer): Uint8Array => peerIdFromPublicKey(publicKey)
const [alice, bob, carol] = [1, 2, 3].map((seed) => portableSigner(new Uint8Array(32).fill(seed))) as [
  Signer,
  Signer,
  Signer
]
const key = bytes('/wall/x')

describe('a key chain', () => {
  test('lists the default signer and the further ones, and finds each by its peer ID', () => {
    const chain = new KeyChain(authorOf, alice, [bob])
    expect(chain.list()).toEqual([
      { peerId: authorOf(alice), signer: alice },
      { peerId: authorOf(bob), signer: bob }
    ])
    expect(chain.default).toBe(alice)
    expect(chain.get(authorOf(bob))).toBe(bob)
    expect(chain.get(authorOf(carol))).toBeUndefined()
  })

  test('replaces a signer of the same peer ID, also as the default', () => {
    const chain = new KeyChain(authorOf, alice, [bob])
    const again = { ...alice }
    expect(chain.add(again)).toEqual(authorOf(alice))
    expect(chain.default).toBe(again)
    expect(chain.list()).toHaveLength(2)
    chain.add(bob, { isDefault: true })
    expect(chain.default).toBe(bob)
    expect(chain.list()).toHaveLength(2)
  })

  test('has no default signer any more after it was removed', () => {
    const chain = new KeyChain(authorOf, alice, [bob])
    expect(chain.remove(authorOf(alice))).toBe(true)
    expect(chain.remove(authorOf(alice))).toBe(false)
    expect(chain.default).toBeUndefined()
    expect(() => chain.choose(key, undefined, undefined)).toThrow(
      expect.objectContaining({ code: 'SIGNER_MISSING', key })
    )
    expect(new KeyChain(authorOf, alice).remove(authorOf(carol))).toBe(false)
  })

  test('keeps its peer IDs when the caller overwrites those that it returned', () => {
    const chain = new KeyChain(authorOf, alice)
    chain.list()[0]?.peerId.fill(0)
    chain.add(alice).fill(0)
    expect(chain.list()[0]?.peerId).toEqual(authorOf(alice))
  })

  test('chooses the given signer, else that of the owner, else the default', () => {
    const chain = new KeyChain(authorOf, alice, [bob])
    const choose = (...given: [(Signer | Uint8Array)?, Uint8Array?]): Signer =>
      chain.choose(key, given[0], given[1]).signer
    expect(choose()).toBe(alice)
    expect(choose(bob)).toBe(bob)
    expect(choose(carol)).toBe(carol)
    expect(choose(authorOf(bob))).toBe(bob)
    expect(choose(undefined, authorOf(bob))).toBe(bob)
    expect(choose(carol, authorOf(carol))).toBe(carol)
  })

  test('names owner and signer when the signer is not the owner', () => {
    const chain = new KeyChain(authorOf, alice, [bob])
    for (const given of [undefined, alice, authorOf(alice)]) {
      expect(() => chain.choose(key, given, authorOf(carol))).toThrow(
        expect.objectContaining({
          code: 'AUTHOR_FORBIDDEN',
          message: expect.stringMatching(/^the key belongs to k51\w+; the signer is k51\w+$/),
          key
        })
      )
    }
  })

  test('names the signer that it does not have', () => {
    const chain = new KeyChain(authorOf, undefined, [bob])
    expect(chain.default).toBeUndefined()
    for (const [given, owner] of [
      [authorOf(carol), undefined],
      [undefined, authorOf(carol)]
    ]) {
      expect(() => chain.choose(key, given, owner)).toThrow(
        expect.objectContaining({
          code: 'SIGNER_MISSING',
          message: expect.stringMatching(/^this manager has no signer for k51\w+; add it with `manager.signers.add`$/)
        })
      )
    }
  })

  test.each([null, {}, { sign: () => bytes('') }, { sign: () => bytes(''), publicKey: null }, 'alice'])(
    'rejects %j, which cannot sign',
    (wrong) => {
      const chain = new KeyChain(authorOf)
      const error = expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(/^signer is /) })
      expect(() => chain.add(wrong as unknown as Signer)).toThrow(error)
      expect(() => new KeyChain(authorOf, undefined, [wrong as unknown as Signer])).toThrow(error)
      expect(() => chain.choose(key, wrong as unknown as Signer, undefined)).toThrow(error)
      expect(() => new KeyChain(authorOf, undefined, wrong as unknown as Signer[])).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' })
      )
    }
  )
})
