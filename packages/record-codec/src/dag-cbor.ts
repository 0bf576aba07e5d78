export { decodeCbor } from './cbor-reader.ts'
export type { CborLink, CborValue } from './cbor-value.ts'
export { encodeCbor } from './cbor-writer.ts'
