/**
 * Objects that the text of a page introduces, and that its code blocks use without declaring them. These are values of the
 * application, never names of a package: a block imports what it calls. A block that declares or imports a name uses its own.
 */
import type { Identify } from '@libp2p/identify'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { KeyPair } from '@recordkit/record-crypto'
import type { RecordsService } from '@recordkit/record-libp2p'
import type { RecordManager } from '@recordkit/record-manager'
import type { RecordStore, StoreBackend, StoredRecord } from '@recordkit/record-store'
import type { AccessControl, RecordRouting } from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { Libp2p, Libp2pOptions } from 'libp2p'

declare global {
  const access: AccessControl
  const engine: ValidationEngine
  const libp2p: Libp2p<{ dht: KadDHT; records: RecordsService }>
  const libp2pOptions: Libp2pOptions<{ identify: Identify; ping: Ping; dht: KadDHT }>
  const manager: RecordManager
  const peer: Multiaddr
  const routing: RecordRouting
  const signer: KeyPair
  const store: RecordStore

  const key: Uint8Array
  const content: Uint8Array
  const record: StoredRecord
  const value: Uint8Array

  /** a backend of the application */
  const MyBackend: new () => StoreBackend
  const passphrase: string
  const signal: AbortSignal
}
