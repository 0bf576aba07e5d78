// Writes the diagrams of docs/concepts from the code: `pnpm --filter @recordkit/site run diagrams`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../pages.ts'
import { diagrams } from './diagrams.ts'

const folder = join(repository, 'docs', 'concepts')
mkdirSync(folder, { recursive: true })
for (const [name, svg] of diagrams()) writeFileSync(join(folder, name), svg)
