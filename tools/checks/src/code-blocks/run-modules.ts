// A process that imports the modules of code blocks: those of a page in their order, pages concurrently. Its arguments are the file for
// the results, and the modules of each page, joined by commas.
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [, , resultFile = '', ...pages] = process.argv
const results: Record<string, string> = {}

globalThis.fetch = async () => {
  throw new Error('no public server is asked')
}

for (const method of ['log', 'error'] as const) console[method] = () => {}

// as in a page; it has no types
const fakeIndexedDb = 'fake-indexeddb/auto'
await import(fakeIndexedDb)

await Promise.all(
  pages.map(async (page) => {
    for (const file of page.split(',')) {
      results[file] = await import(pathToFileURL(file).href).then(
        () => 'ran',
        (error: unknown) => String(error)
      )
    }
  })
)
writeFileSync(resultFile, JSON.stringify(results))
process.exit(0)
