import type { Target } from '../target.ts'
import { messageTargets } from './messages.ts'
import { textTargets } from './texts.ts'
import { treeTargets } from './trees.ts'

/** Everything that reads bytes or text which somebody else may have made. */
export const targets: readonly Target[] = [...messageTargets, ...treeTargets, ...textTargets]
