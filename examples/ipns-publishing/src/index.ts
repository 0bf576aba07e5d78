import { run } from '@recordkit/example-shared'
import { scenario } from './scenario.ts'

await run(scenario)
