import type { MaybePromise, RecordRouting } from '@recordkit/record-types'
import type { ConformanceCase } from '../suite.ts'

/** What a case may need of the author of a routing. */
export type RoutingRequirement = 'alone' | 'putTo' | 'providers'

/** What the author of a routing hands to the kit. */
export interface RoutingFactory {
  readonly name: string
  /** whether `putTo`, and `provide` with `findProviders`, are there */
  readonly putTo: boolean
  readonly providers: boolean
  /** A routing among peers that hold nothing yet. */
  open(): MaybePromise<RecordRouting>
  /** A routing that knows no peer. */
  openAlone?(): MaybePromise<RecordRouting>
  /** A key and a value under it that the peers take; others for another number. */
  record(number: number): { readonly key: Uint8Array; readonly value: Uint8Array }
  /** Called after each case with what it opened. */
  close?(routing: RecordRouting): MaybePromise<void>
  readonly timeout?: number | undefined
}

/** What a case is tried on. */
export interface RoutingContext {
  readonly factory: RoutingFactory
  open(): Promise<RecordRouting>
  openAlone(): Promise<RecordRouting>
}

export type RoutingCase = ConformanceCase<RoutingContext, RoutingRequirement>
