/** Default size limits in bytes. They are checked before anything is parsed. */
export const limits: {
  readonly ipnsRecord: number
  readonly peerRecord: number
  readonly envelope: number
  readonly key: number
  readonly value: number
  readonly dhtMessage: number
  readonly providerKey: number
} = /* @__PURE__ */ Object.freeze({
  /** IPNS record specification, "Record Size Limit" */
  ipnsRecord: 10_240,
  /** a signed peer record; the limit of go-libp2p's identify protocol */
  peerRecord: 8_192,
  envelope: 65_536,
  key: 1_024,
  value: 65_536,
  /** a DHT message; the limit of go-libp2p-kad-dht and js-libp2p */
  dhtMessage: 4_194_304,
  /** a multihash under which content is provided */
  providerKey: 80
})

/** ms: how far the `issued` time of a record may be ahead of the local clock, by default. */
export const maxClockSkew: number = 300_000
