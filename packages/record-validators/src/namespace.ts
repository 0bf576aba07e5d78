import type { Namespace } from '@recordkit/record-types'

/** A namespace that can make records. */
export type SealingNamespace<Fields> = Namespace<Fields> & Required<Pick<Namespace<Fields>, 'seal'>>
