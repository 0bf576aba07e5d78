// `node docs/site/inspector/build/serve.ts [PORT]`: builds the page and serves it on loopback.
import { fileURLToPath } from 'node:url'
import { buildPage } from './build-page.ts'
import { servePage } from './page-server.ts'

const out = fileURLToPath(new URL('../dist', import.meta.url))
await buildPage(out)
const { url } = await servePage(out, Number(process.argv[2] ?? 8290))
console.log(`The inspector is at ${url}; press ctrl-C to end.`)
