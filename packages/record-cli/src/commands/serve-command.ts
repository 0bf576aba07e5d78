import type { Command } from '../command.ts'
import { passphraseOptions } from '../keys.node.ts'
import { storeOptions } from '../open-store.node.ts'

export const serveCommand: Command = {
  name: 'serve',
  summary: 'run a node of the DHT and a Delegated Routing server, until ctrl-C',
  options: {
    ...storeOptions,
    ...passphraseOptions,
    http: { type: 'text', describe: 'host and port of the HTTP server', default: '127.0.0.1:8190', env: true },
    admin: { type: 'text', describe: 'host and port of /health and /metrics, by default those of --http', env: true },
    listen: {
      type: 'list',
      describe: 'an address of the node: TCP, WebSocket (…/tcp/4002/ws) or QUIC (…/udp/4001/quic-v1); can be repeated',
      default: '/ip4/0.0.0.0/tcp/4001',
      env: true
    },
    announce: { type: 'list', describe: 'an address that peers are told, instead of those of --listen', env: true },
    bootstrap: { type: 'list', describe: 'the address of a peer to connect to; can be repeated', env: true },
    protocol: { type: 'text', describe: 'the protocol of the DHT', default: '/ipfs/kad/1.0.0', env: true },
    lan: { type: 'flag', describe: 'also use private addresses, as in a local network', env: true },
    client: { type: 'flag', describe: 'do not serve the DHT: only read and publish', env: true },
    'read-only': { type: 'flag', describe: 'HTTP clients cannot put records', env: true },
    'requests-per-second': {
      type: 'number',
      describe: 'requests of one IPv4 /24 or IPv6 /48 per second; 0 for no limit',
      default: 100,
      env: true
    },
    'max-requests': { type: 'number', describe: 'requests that are answered at a time', default: 1024, env: true },
    'trust-proxy': { type: 'flag', describe: 'the address of a client is the last one in X-Forwarded-For', env: true },
    timeout: { type: 'text', describe: 'how long an answer may take', default: '30s', env: true },
    log: {
      type: 'text',
      describe: 'the form of the log on the standard error, by default text on a terminal',
      choices: ['json', 'text', 'none'],
      env: true
    }
  },
  examples: [
    ['serve --bootstrap /dnsaddr/bootstrap.libp2p.io/p2p/QmNnoo…', 'join the public DHT'],
    ['serve --http 0.0.0.0:80 --store postgres://user@host/database', 'one of several servers on one database'],
    ['serve --listen /ip4/127.0.0.1/tcp/0 --http 127.0.0.1:0 --lan --json', 'free ports, which are printed as JSON']
  ],
  load: async () => (await import('../serve/serve.node.ts')).serve
}
