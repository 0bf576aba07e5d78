import { run } from '@recordkit/example-shared'
import { story } from './story.ts'

await run(story)
