import { run } from '@recordkit/example-shared'
import { story } from './scenario.ts'

await run(story)
