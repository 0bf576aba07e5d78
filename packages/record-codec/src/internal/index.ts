export { checkBigint, checkBytes } from '../throw-record-error.ts'
export { concat } from './concat.ts'
export { derElement, readDer, readDerInteger, readWholeDer } from './der.ts'
export type { DerReader } from './der.ts'
