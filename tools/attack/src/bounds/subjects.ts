import { memorySubjects } from './memory-subjects.ts'
import { networkSubjects } from './network-subjects.ts'
import { storeSubjects } from './store-subjects.ts'
import type { Subject } from './subject.ts'

/** Everything that grows with what peers send, in the order of the table. */
export const subjects: readonly Subject[] = [...storeSubjects, ...memorySubjects, ...networkSubjects]
