import type { Target } from '../target.ts'
import { messageTargets } from './messages.ts'
import { textTargets } from './texts.ts'
import { treeTargets } from './trees.ts'

/** All decoders of bytes or text from untrusted sources. */
export const targets: readonly Target[] = [...messageTargets, ...treeTargets, ...textTargets]
