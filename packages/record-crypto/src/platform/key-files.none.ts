import { RecordError } from '@recordkit/record-types'
import type { KeyFileSystem } from './platform.ts'

async function missing(): Promise<never> {
  throw new RecordError('KEY_FILE_IO', 'this platform has no files; key files require Node, Bun or Deno')
}

export const keyFiles: KeyFileSystem = /* @__PURE__ */ Object.freeze<KeyFileSystem>({
  read: missing,
  write: missing,
  rename: missing,
  remove: missing,
  makeDirectory: missing,
  list: missing,
  join: (_directory, name) => name
})
