// `node docs/site/inspector/build/index.ts [FOLDER]`: builds the page into a folder, by default docs/site/inspector/dist.
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPage } from './build-page.ts'

const given = process.argv[2]
const out = given === undefined ? fileURLToPath(new URL('../dist', import.meta.url)) : resolve(given)
for (const file of await buildPage(out)) console.log(`${statSync(join(out, file)).size.toString().padStart(8)} ${file}`)
