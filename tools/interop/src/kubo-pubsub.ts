import { type Answer, type Call, OperationFailed, OperationUnsupported } from './implementation.ts'
import { KuboDaemon } from './kubo-daemon.ts'

type Operation = (daemon: KuboDaemon, call: Call) => Promise<Answer>

const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  [
    'pubsub.start',
    async (daemon) => {
      const { ID, Addresses } = await daemon.json('id')
      return { peer: ID, addresses: Addresses }
    }
  ],
  [
    'pubsub.connect',
    async (daemon, { texts }) => {
      await daemon.rpc('swarm/connect', { arg: texts?.['address'] ?? '' })
      return {}
    }
  ],
  [
    'pubsub.publish',
    async (daemon, { bytes, texts, numbers }) => {
      const privateKey = bytes?.['private']
      if (privateKey === undefined) throw new OperationFailed('argument private is missing')
      const name = texts?.['name'] ?? ''
      const keys = (await daemon.json('key/list'))['Keys'] as { readonly Name: string }[]
      if (!keys.some(({ Name }) => Name === name))
        await daemon.json('key/import', { arg: name, 'allow-any-key-type': 'true' }, privateKey)
      await daemon.json('name/publish', {
        arg: texts?.['value'] ?? '',
        key: name,
        resolve: 'false',
        lifetime: '48h',
        sequence: String(numbers?.['sequence'] ?? 1n),
        'allow-offline': 'true'
      })
      return {}
    }
  ],
  [
    'pubsub.resolve',
    async (daemon, { texts }) => {
      const query = { arg: texts?.['name'] ?? '', nocache: 'true', recursive: 'false', timeout: '2s' }
      return { value: (await daemon.json('name/resolve', query))['Path'] }
    }
  ]
])

/** A second Kubo daemon, which exchanges records over PubSub only. It starts with the first operation. */
export class KuboPubsub {
  readonly #command: string
  #daemon: Promise<KuboDaemon> | undefined

  constructor(command: string) {
    this.#command = command
  }

  async call(operation: string, call: Call): Promise<Answer> {
    const run = operations.get(operation)
    if (run === undefined) throw new OperationUnsupported(`Kubo does not offer ${operation}`)
    this.#daemon ??= KuboDaemon.launch(this.#command, { pubsub: true })
    return run(await this.#daemon, call)
  }

  async stop(): Promise<void> {
    await (await this.#daemon?.catch(() => undefined))?.stop()
  }
}
