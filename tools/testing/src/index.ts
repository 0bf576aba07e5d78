export { fromHex, toHex } from './hex.ts'
export { files } from './files.ts'
export { settle, VirtualTime } from './virtual-time.ts'
export { portableSigner } from './portable-signer.ts'
