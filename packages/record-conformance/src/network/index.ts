export { HostilePeer } from './hostile-peer.ts'
export type { HostileBehaviour, HostileOptions } from './hostile-peer.ts'
export { startNetwork } from './start-network.ts'
export type { NetworkNode, NetworkOptions, NodeParts, TestNetwork } from './start-network.ts'
