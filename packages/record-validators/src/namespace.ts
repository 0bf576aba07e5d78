import type { Namespace } from '@recordkit/record-types'

/** A namespace that can make records, and knows which key a signer owns in it. */
export type SealingNamespace<Payload> = Namespace<Payload> & Required<Pick<Namespace<Payload>, 'seal'>>
