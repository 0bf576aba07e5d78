import { equalBytes, RecordError } from '@recordkit/record-types'
import { derElement, readDer, readWholeDer } from '@recordkit/record-codec/internal'
import { findEcdsaCurve } from './ecdsa-curve.ts'
import type { EcdsaCurve } from './ecdsa-curve.ts'

/** The content of a SEC 1 private key. */
export interface EcdsaPrivateKey {
  readonly curve: EcdsaCurve
  /** as long as the numbers of the curve */
  readonly secret: Uint8Array
  /** uncompressed */
  readonly point?: Uint8Array | undefined
}

/** The parts of SEC 1 DER, not interpreted. */
export interface Sec1 {
  readonly secret: Uint8Array
  /** object identifier of the curve, in DER */
  readonly curve: Uint8Array | undefined
  /** BIT STRING in DER */
  readonly publicKey: Uint8Array | undefined
}

/** Reads SEC 1 DER. @throws RecordError `PRIVATE_KEY_INVALID` @see RFC 5915, section 3 */
export function readSec1(der: Uint8Array): Sec1 {
  const reader = { bytes: readWholeDer(der, 0x30) ?? invalid('SEC 1 DER'), offset: 0 }
  const version = readDer(reader, 0x02)
  const secret = readDer(reader, 0x04)
  const curve = readDer(reader, 0xa0)
  const publicKey = readDer(reader, 0xa1)
  if (version?.length !== 1 || version[0] !== 1 || secret === undefined || reader.offset !== reader.bytes.length) {
    invalid('SEC 1 DER')
  }
  return { secret, curve, publicKey }
}

/**
 * Reads the SEC 1 DER of an ECDSA key. The length of the secret determines the curve; a curve that is named must be the
 * same.
 *
 * @throws RecordError `PRIVATE_KEY_INVALID`
 */
export function readEcdsaPrivateKey(der: Uint8Array): EcdsaPrivateKey {
  const { secret, curve: named, publicKey } = readSec1(der)
  const curve = findEcdsaCurve(({ size }) => size === secret.length)
  if (curve === undefined || (named !== undefined && !equalBytes(named, Uint8Array.from(curve.identifier)))) {
    invalid('on P-256, P-384 or P-521')
  }
  if (publicKey === undefined) return { curve, secret }
  const point = readWholeDer(publicKey, 0x03)
  // 0 unused bits, then 4, which marks an uncompressed point
  if (point?.length !== 2 * curve.size + 2 || point[0] !== 0 || point[1] !== 4) invalid('with an uncompressed point')
  return { curve, secret, point: point.subarray(1) }
}

/** Encodes SEC 1 DER that names its curve, as Go does. */
export function writeEcdsaPrivateKey({ curve, secret, point }: EcdsaPrivateKey): Uint8Array {
  const parts = [Uint8Array.of(0x02, 0x01, 0x01), derElement(0x04, secret)]
  parts.push(derElement(0xa0, Uint8Array.from(curve.identifier)))
  if (point !== undefined) parts.push(derElement(0xa1, derElement(0x03, new Uint8Array(1), point)))
  return derElement(0x30, ...parts)
}

function invalid(expected: string): never {
  throw new RecordError('PRIVATE_KEY_INVALID', `the ECDSA private key is not ${expected}`)
}
