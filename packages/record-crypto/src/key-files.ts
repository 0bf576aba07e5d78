export { KeyDirectory } from './key-directory.ts'
export type { KeyDirectoryEntry, KeyDirectoryOptions } from './key-directory.ts'
export { loadOrCreateSigner, loadSigner, saveSigner } from './key-file.ts'
export type { LoadOrCreateSignerOptions, LoadSignerOptions, SaveSignerOptions } from './key-file.ts'
