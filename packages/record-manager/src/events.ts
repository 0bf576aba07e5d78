import type { PeerId } from '@recordkit/record-types'
import type { Equivocation, ReceiveResult } from './receive-result.ts'
import type { RecordView } from './record-view.ts'

/** The events of a manager by type, with the `detail` of their `CustomEvent`. */
export interface ManagerEventDetails {
  /** a record was stored: a new one, or the same with a later expiry */
  'record:stored': RecordView
  /** a received record was refused */
  'record:refused': { readonly key: Uint8Array; readonly result: ReceiveResult }
  /** an author signed two different contents under one sequence */
  'record:equivocation': Equivocation
  /**
   * a record of another allowed author replaced ours: it is theirs to publish, and the publication of ours is paused until the
   * application puts a record again
   */
  'record:displaced': RecordView
  /** enough peers acknowledged copies of one of our records: ten, or half of those that were asked */
  'record:published': { readonly key: Uint8Array; readonly copies: number }
  /**
   * a record that is published was not signed for longer, because the manager does not have its signer: it is published unchanged
   * until it expires
   */
  'record:unrenewed': { readonly key: Uint8Array; readonly signer: PeerId }
  /** one of our records was not published, or to too few peers; it is retried once the manager is started */
  'record:unpublished': { readonly key: Uint8Array; readonly error: unknown }
}

type Listener<Type extends keyof ManagerEventDetails> = (event: CustomEvent<ManagerEventDetails[Type]>) => void

/**
 * A typed `EventTarget`, like libp2p's `TypedEventTarget`.
 *
 * @example
 * ```ts
 * manager.events.addEventListener('record:stored', ({ detail }) => console.log(detail.sequence))
 * ```
 */
export class ManagerEvents {
  readonly #target = new EventTarget()

  addEventListener<Type extends keyof ManagerEventDetails>(
    type: Type,
    listener: Listener<Type>,
    options?: AddEventListenerOptions
  ): void {
    this.#target.addEventListener(type, listener as EventListener, options)
  }

  removeEventListener<Type extends keyof ManagerEventDetails>(type: Type, listener: Listener<Type>): void {
    this.#target.removeEventListener(type, listener as EventListener)
  }

  /** Calls the listeners. An error that a listener throws is reported as uncaught; the other listeners are still called. */
  dispatch<Type extends keyof ManagerEventDetails>(type: Type, detail: ManagerEventDetails[Type]): void {
    this.#target.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
