// `pnpm run errors` in tools/checks writes docs/errors.md.
import { writeFileSync } from 'node:fs'
import { errorsFile, errorsPage } from './page.ts'

writeFileSync(errorsFile, errorsPage())
