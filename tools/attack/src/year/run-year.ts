import { ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { mapKey } from '@recordkit/record-types/internal'
import { cheapSigner } from './cheap-signatures.ts'
import type { RecordManager } from '@recordkit/record-manager'
import { Device } from './device.ts'
import type { DeviceStorage } from './device.ts'
import { World } from './world.ts'

export interface YearOptions {
  readonly seed: number
  /** of the year that is simulated */
  readonly days: number
  readonly devices: 1 | 2
  readonly storage: (device: string) => DeviceStorage
}

const second = 1_000_000_000n
const minute = 60n * second
const hour = 60n * minute
const day = 24n * hour
const step = 10n * minute
/** lifetimes of the keys, of which the first is an IPNS name */
const lifetimes: readonly bigint[] = [2n * day, hour, 8n * hour, 2n * day, 30n * day, 365n * day]
const interval = 22n * hour

/** What happens to a device, how often per hour, and for how long. */
const troubles = [
  { name: 'off', chance: 1 / 250, least: hour, most: 42n * day },
  { name: 'asleep', chance: 1 / 100, least: hour, most: 3n * day },
  { name: 'offline', chance: 1 / 150, least: hour, most: 10n * day },
  { name: 'wrong clock', chance: 1 / 300, least: step, most: 2n * day },
  { name: 'bad store', chance: 1 / 200, least: step, most: 12n * hour }
] as const

/** Simulates devices that publish the same keys through a year of troubles, and checks the rules of publications. */
export async function runYear({ seed, days, devices, storage }: YearOptions): Promise<World> {
  const world = new World(seed)
  const { random } = world
  const signer = cheapSigner(seed)
  const author = peerIdFromPublicKey(signer.publicKey)
  const keys = lifetimes.map((lifetime, index) => {
    const key = index === 0 ? ipnsRoutingKey(author) : joinRecordKey('config', `${ipnsNameToString(author)}/${index}`)
    world.setLifetime(key, lifetime)
    return { key, lifetime }
  })
  for (const name of ['a', 'b'].slice(0, devices)) world.devices.push(new Device(name, world, storage(name), signer))
  let contents = 0
  const newContent = (device: Device): string => `/ipfs/bafkqaaa/${device.name}${++contents}`
  const put = async (
    device: Device,
    { key, lifetime }: (typeof keys)[number],
    offline: boolean,
    content = newContent(device)
  ): Promise<void> => {
    world.count(offline ? 'puts offline' : 'puts')
    const problem = await device.change(key, async (manager) => {
      const bytes = new TextEncoder().encode(content)
      const { record } = await manager.put(key, bytes, { offline, lifetime: Number(lifetime / 1_000_000n) })
      world.checkSequence(device.name, key, record.sequence ?? 0n, content)
    })
    if (problem !== undefined) world.count('failed puts')
  }
  /** keys that two devices put in the same millisecond, and when */
  const together = new Map<string, bigint>()
  const ends = new Map<string, bigint>()
  const begin = async (device: Device, name: (typeof troubles)[number]['name']): Promise<void> => {
    world.count(name)
    if (name === 'off') await device.stop(random.below(2) === 0)
    else if (name === 'offline') device.online = false
    else if (name === 'bad store') device.badStore = true
    else if (name === 'wrong clock')
      device.timers.offset = random.duration(2n * minute, 30n * day) * (random.below(2) === 0 ? 1n : -1n)
    else {
      device.asleep = true
      device.timers.sleep()
    }
  }
  const finish = async (device: Device, name: string): Promise<void> => {
    if (name === 'off') await device.start()
    else if (name === 'offline') device.online = true
    else if (name === 'bad store') device.badStore = false
    else if (name === 'wrong clock') device.timers.offset = 0n
    else if (device.asleep) {
      device.asleep = false
      device.timers.wake()
    }
  }
  const trouble = async (device: Device): Promise<void> => {
    for (const { name, chance, least, most } of troubles) {
      const id = `${device.name} ${name}`
      const end = ends.get(id)
      if (end !== undefined && end <= world.now) {
        ends.delete(id)
        await finish(device, name)
      } else if (end === undefined && device.isOn && !device.asleep && random.fraction() < chance / 6) {
        ends.set(id, world.now + random.duration(least, most))
        await begin(device, name)
      }
    }
  }
  const use = async (device: Device): Promise<void> => {
    const { manager } = device
    if (manager === undefined || device.asleep) return
    const chosen = random.of(keys)
    const roll = random.fraction() * 6
    if (roll < 1 / 60) await put(device, chosen, random.below(5) === 0)
    else if (roll < 1 / 60 + 1 / 400) {
      world.count('deletes')
      await device.change(chosen.key, () => manager.delete(chosen.key))
    } else if (roll < 1 / 60 + 2 / 400) {
      world.count('unpublishes')
      await device.change(chosen.key, () => manager.unpublish(chosen.key))
    } else if (roll < 1 / 60 + 3 / 400 && device.wanted.has(mapKey(chosen.key))) {
      world.count('republishes')
      await device.change(chosen.key, () => manager.republish(chosen.key))
    }
  }
  /** Two devices put the same key in the same millisecond. */
  const putTogether = async ([a, b]: readonly Device[]): Promise<void> => {
    if (a === undefined || b === undefined || !a.isAble || !b.isAble || random.fraction() > 1 / 800) return
    const chosen = random.of(keys)
    const [one, two] = [newContent(a), newContent(b)]
    world.twins.set(one, two).set(two, one)
    world.count('puts in one millisecond')
    await Promise.all([put(a, chosen, false, one), put(b, chosen, false, two)])
    together.set(mapKey(chosen.key), world.now)
  }
  /** They agree after some renewals, each of which reads the network first. */
  const checkTogether = async ([a, b]: readonly Device[]): Promise<void> => {
    for (const { key, lifetime } of keys) {
      const name = mapKey(key)
      const since = together.get(name)
      const ready = [a, b].flatMap((device) => {
        const wanted = device?.wanted.get(name)
        return device?.ableSince === undefined || wanted?.network !== true ? [] : [device.ableSince, wanted.since]
      })
      if (a?.manager === undefined || b?.manager === undefined || since === undefined || ready.length < 4) continue
      if ([since, ...ready].some((time) => world.now - time < 6n * intervalOf(lifetime))) continue
      together.delete(name)
      world.count('checks that two devices agree')
      const [one, two] = [await readLocal(a.manager, key), await readLocal(b.manager, key)]
      if (one !== two)
        world.violation('valid', `a has ${one}, and b has ${two}, long after both put in one millisecond`)
    }
  }
  const readLocal = async (manager: RecordManager, key: Uint8Array): Promise<string> =>
    new TextDecoder().decode(await world.run(manager.get(key, { offline: true })))
  const check = async (device: Device, isFull: boolean): Promise<void> => {
    if (!device.isAble) device.ableSince = undefined
    else device.ableSince ??= world.now
    const { ableSince, manager } = device
    if (ableSince === undefined || manager === undefined) return
    for (const { key, lifetime } of keys) {
      const wanted = device.wanted.get(mapKey(key))
      if (wanted === undefined) continue
      const since = wanted.since > ableSince ? wanted.since : ableSince
      if (!wanted.network) {
        if (!isFull || world.now - since <= intervalOf(lifetime)) continue
        world.count('checks of local records')
        const found = await world.run(manager.get(key, { offline: true }))
        const content = new TextDecoder().decode(found)
        if (content !== wanted.content)
          world.violation('local', `${device.name} reads ${content} of its own record, which is ${wanted.content}`)
        continue
      }
      if (world.now - since <= intervalOf(lifetime)) continue
      world.count('checks of published records')
      const best = world.peers.best(key)
      const text = new TextDecoder().decode(key.subarray(0, 8))
      if (best === undefined)
        world.violation(
          'valid',
          `${text} with a lifetime of ${lifetime / hour} h has lapsed, and ${device.name} was able`
        )
      else if ((best.sequence ?? 0n) < (device.known.get(mapKey(key))?.sequence ?? 0n))
        world.violation('valid', `readers find sequence ${best.sequence}, and ${device.name} has a later record`)
      else if (world.contentOf(key, best.sequence) === undefined)
        world.violation('valid', `readers find sequence ${best.sequence}, which no device has put`)
    }
  }

  for (const device of world.devices) await device.start()
  for (const device of world.devices) {
    for (const key of keys) await put(device, key, false)
    await world.advance(world.now + minute)
  }
  const end = world.now + BigInt(days) * day
  for (let steps = 0; world.now < end; steps++) {
    await world.advance(world.now + step)
    for (const device of world.devices) await check(device, steps % 36 === 0)
    for (const device of world.devices) {
      await trouble(device)
      await use(device)
      await world.advance(world.now + second)
    }
    await putTogether(world.devices)
    if (steps % 36 === 0) await checkTogether(world.devices)
  }
  for (const device of world.devices) {
    device.badStore = false
    if (device.isOn) await device.stop(false)
  }
  return world
}

/** After how long a device that was able to publish must have done so: an interval, and the longest wait after a failure. */
function intervalOf(lifetime: bigint): bigint {
  const renewal = lifetime - lifetime / 3n
  const longest = renewal < interval ? renewal : interval
  const retry = lifetime / 6n < hour ? lifetime / 6n : hour
  return longest + retry + step
}
