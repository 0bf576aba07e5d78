import { readFile, rename, writeFile } from 'node:fs/promises'
import type { ListStorage } from '@recordkit/record-access'

/** Keeps lists in a file, which is whole at any time. */
export function fileStorage(path: string): ListStorage {
  return {
    async load() {
      try {
        return await readFile(path, 'utf8')
      } catch (error) {
        if ((error as { code?: string }).code === 'ENOENT') return undefined
        throw error
      }
    },
    async save(text) {
      await writeFile(`${path}.new`, text)
      await rename(`${path}.new`, path)
    }
  }
}
