export { fromHex, toHex } from './hex.ts'
export { files } from './files.ts'
export { portableSigner } from './portable-signer.ts'
export { day, hour, minute, second } from './durations.ts'
