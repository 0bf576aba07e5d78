import { importPrivateKey } from '@recordkit/record-crypto'
import { rsaKeys } from '@recordkit/record-crypto/rsa'
import { unencrypted } from '@recordkit/testing/openssl-keys'
import { expect, test, vi } from 'vitest'
import { importSigningKey } from '../src/platform/rsa.webcrypto.ts'

const keyOf = async (name: 'PKCS#1' | 'RSA with the exponent 5'): Promise<Uint8Array> => {
  const { privateKey } = await importPrivateKey(unencrypted[name], { algorithms: [rsaKeys] })
  return privateKey.data
}

test('WebCrypto that refuses a private key with the exponent 5 is ALGORITHM_UNSUPPORTED, as on workerd', async () => {
  const key = await keyOf('RSA with the exponent 5')
  const refused = new Error('the platform refused')
  vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(refused)
  await expect(importSigningKey(key)).rejects.toMatchObject({ code: 'ALGORITHM_UNSUPPORTED', cause: refused })
})

test('WebCrypto that refuses a private key with the exponent 65537 refuses the key itself', async () => {
  const key = await keyOf('PKCS#1')
  const refused = new Error('the platform refused')
  vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(refused)
  await expect(importSigningKey(key)).rejects.toBe(refused)
})
