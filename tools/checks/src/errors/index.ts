// `node tools/checks/src/errors/index.ts` writes docs/errors.md.
import { writeFileSync } from 'node:fs'
import { errorsFile, errorsPage } from './page.ts'

writeFileSync(errorsFile, errorsPage())
