import type { MaybePromise, RecordRouting } from '@recordkit/record-types'
import type { ConformanceCase } from '../suite.ts'

/** What a routing or its factory must provide for a case. */
export type RoutingRequirement = 'alone' | 'putToPeer' | 'getFromPeer' | 'providers'

/** What the author of a routing passes to the kit. */
export interface RoutingFactory {
  readonly name: string
  /** whether the routing has `putToPeer` */
  readonly putToPeer: boolean
  /** whether the routing has `getFromPeer`. @default false */
  readonly getFromPeer?: boolean | undefined
  /** whether the routing has `provide` and `findProviders` */
  readonly providers: boolean
  /** Returns a routing among peers that have no records. */
  open(): MaybePromise<RecordRouting>
  /** Returns a routing without peers. */
  openAlone?(): MaybePromise<RecordRouting>
  /** Returns a key and value that the peers accept, different ones for each number. */
  record(number: number): { readonly key: Uint8Array; readonly value: Uint8Array }
  /** Called after each case with every routing that it opened. */
  close?(routing: RecordRouting): MaybePromise<void>
  /** ms after which a case fails. @default 20_000 */
  readonly timeout?: number | undefined
}

/** What a case receives. */
export interface RoutingContext {
  readonly factory: RoutingFactory
  open(): Promise<RecordRouting>
  openAlone(): Promise<RecordRouting>
}

export type RoutingCase = ConformanceCase<RoutingContext, RoutingRequirement>
