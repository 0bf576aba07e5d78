import { readFile, rename, writeFile } from 'node:fs/promises'
import type { AccessListStorage } from '@recordkit/record-access'

/** Stores access lists in a file. Each save replaces the file atomically. */
export function fileStorage(path: string): AccessListStorage {
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
