import { checkBoolean } from '@recordkit/record-types/internal'
import { systemClock, systemTimer } from '@recordkit/record-types'
import type { Eclipse } from '@recordkit/record-types'
import { ClockCheck } from './clock-check.ts'
import type { ManagerEvents } from './events.ts'
import { ChangeFollower } from './follow-changes.ts'
import { KeyChain } from './key-chain.ts'
import type { RecordManagerOptions } from './manager-options.ts'
import type { ManagerParts } from './manager-parts.ts'
import { ManagerMetrics } from './metrics.ts'
import { PublicationQueue } from './publication-queue.ts'
import { RecordPipeline } from './record-pipeline.ts'
import { RecordReceiver } from './record-receiver.ts'
import { RecordSigner } from './record-signer.ts'
import { checkRepublishOptions } from './republish-options.ts'
import { SharedWatchers } from './shared-watchers.ts'

/** Makes the parts of a manager, and connects them. @throws RecordError `INVALID_ARGUMENT` naming the option */
export function composeManager(options: RecordManagerOptions, events: ManagerEvents): ManagerParts {
  const { access, store, signer, groupOf, clock = systemClock, setTimer = systemTimer } = options
  const engine = access === undefined ? options.engine : options.engine.withAccess(access)
  const pipeline = new RecordPipeline({ engine, store, groupOf, clock })
  const clockCheck = new ClockCheck(store, clock, checkBoolean(options.trustClock, 'trustClock', false))
  const signers = new KeyChain((of) => engine.authorOf(of), signer, options.signers)
  const metrics = new ManagerMetrics(options.metrics, engine)
  const onEclipse = (eclipse: Eclipse): void => {
    metrics.eclipse(eclipse.key)
    events.dispatch('network:eclipsed', eclipse)
  }
  const network = options.network?.({ engine, clock, metrics: options.metrics, onEclipse })
  const changes = new ChangeFollower({ store, events, setTimer })
  const parts = { engine, store, pipeline, signers, network, events, changes, metrics, clock, clockCheck, setTimer }
  const watchers = new SharedWatchers(parts)
  const receiver = new RecordReceiver({ ...parts, watchers, publications: () => publications })
  const publications: PublicationQueue = new PublicationQueue({
    ...parts,
    republish: network?.republish ?? checkRepublishOptions(engine),
    process: (...record) => receiver.process(...record)
  })
  return { ...parts, watchers, receiver, publications, recordSigner: new RecordSigner(parts) }
}
