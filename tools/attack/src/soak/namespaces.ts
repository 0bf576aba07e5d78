import { execFileSync } from 'node:child_process'
import type { Hosts } from './fleet.ts'

/**
 * Hosts in Linux network namespaces: every process has its own, on one of two switches that a cable connects. A partition
 * unplugs the cable: packets are lost without notice, and connections stay open. Needs root and `ip` of iproute2.
 */
export class Namespaces implements Hosts, Disposable {
  readonly #name = `rk${process.pid}`
  readonly #made: string[] = []

  /** @param sides - for each process, whether it is on the first switch */
  constructor(sides: readonly boolean[]) {
    try {
      const hub = this.#add('hub')
      ip('-n', hub, 'link', 'add', 'cable-a', 'type', 'veth', 'peer', 'name', 'cable-b')
      for (const side of ['switch-a', 'switch-b']) {
        ip('-n', hub, 'link', 'add', 'name', side, 'type', 'bridge')
        ip('-n', hub, 'link', 'set', side.replace('switch', 'cable'), 'master', side, 'up')
        ip('-n', hub, 'link', 'set', side, 'up')
      }
      for (const [index, first] of sides.entries()) {
        const own = this.#add(String(index))
        ip('-n', hub, 'link', 'add', `port${index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', own)
        ip('-n', hub, 'link', 'set', `port${index}`, 'master', first ? 'switch-a' : 'switch-b', 'up')
        ip('-n', own, 'addr', 'add', `${this.addressOf(index)}/24`, 'dev', 'eth0')
        for (const device of ['lo', 'eth0']) ip('-n', own, 'link', 'set', device, 'up')
      }
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  addressOf(index: number): string {
    return `10.77.0.${index + 1}`
  }

  within(index: number): readonly string[] {
    return ['ip', 'netns', 'exec', `${this.#name}-${index}`]
  }

  partition(): void {
    ip('-n', `${this.#name}-hub`, 'link', 'set', 'cable-a', 'down')
  }

  heal(): void {
    ip('-n', `${this.#name}-hub`, 'link', 'set', 'cable-a', 'up')
  }

  [Symbol.dispose](): void {
    for (const name of this.#made.splice(0)) ip('netns', 'del', name)
  }

  #add(part: string): string {
    const name = `${this.#name}-${part}`
    ip('netns', 'add', name)
    this.#made.push(name)
    return name
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
