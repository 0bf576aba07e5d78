import { afterEach, describe, expect, test, vi } from 'vitest'
import { ManagerEvents } from '../src/events.ts'
import { createRecordManager } from '../src/quick.ts'

const key = Uint8Array.of(1)

afterEach(() => vi.unstubAllGlobals())

test('a put succeeds and its event arrives on a runtime without CustomEvent and EventTarget', async () => {
  vi.stubGlobal('CustomEvent', undefined)
  vi.stubGlobal('EventTarget', undefined)
  const manager = await createRecordManager()
  const received: unknown[] = []
  manager.events.addEventListener('record:stored', ({ type, detail }) => received.push(type, detail.sequence))
  const { record } = await manager.put('test-key', new TextEncoder().encode('hello'))
  expect(received).toEqual(['record:stored', record.sequence])
  await manager.close()
})

test('an event is a CustomEvent where the runtime has it', () => {
  const events = new ManagerEvents()
  const listener = vi.fn()
  events.addEventListener('record:dropped', listener)
  events.dispatch('record:dropped', { key })
  expect(listener.mock.calls[0]?.[0]).toBeInstanceOf(CustomEvent)
})

describe('a listener', () => {
  test('is called once per event, until it is removed', () => {
    const events = new ManagerEvents()
    const listener = vi.fn()
    events.addEventListener('record:dropped', listener)
    events.addEventListener('record:dropped', listener)
    events.dispatch('record:dropped', { key })
    expect(listener).toHaveBeenCalledTimes(1)
    events.removeEventListener('record:dropped', listener)
    events.removeEventListener('record:stored', listener)
    events.dispatch('record:dropped', { key })
    expect(listener).toHaveBeenCalledTimes(1)
  })

  test('with `once` is called for the first event only, also when it dispatches another', () => {
    const events = new ManagerEvents()
    const listener = vi.fn(() => events.dispatch('record:dropped', { key }))
    events.addEventListener('record:dropped', listener, { once: true })
    events.dispatch('record:dropped', { key })
    events.dispatch('record:dropped', { key })
    expect(listener).toHaveBeenCalledTimes(1)
  })

  test('is removed when its signal aborts, and not added when it has aborted', () => {
    const events = new ManagerEvents()
    const [first, second] = [vi.fn(), vi.fn()]
    const controller = new AbortController()
    events.addEventListener('record:dropped', first, { signal: controller.signal })
    controller.abort()
    events.addEventListener('record:dropped', second, { signal: controller.signal })
    events.dispatch('record:dropped', { key })
    expect(first).not.toHaveBeenCalled()
    expect(second).not.toHaveBeenCalled()
  })

  test('that an earlier one removes is not called, and one that is added meanwhile is called for the next event', () => {
    const events = new ManagerEvents()
    const [removed, added] = [vi.fn(), vi.fn()]
    events.addEventListener('record:dropped', () => {
      events.removeEventListener('record:dropped', removed)
      events.addEventListener('record:dropped', added)
    })
    events.addEventListener('record:dropped', removed)
    events.dispatch('record:dropped', { key })
    expect(added).not.toHaveBeenCalled()
    events.dispatch('record:dropped', { key })
    expect(removed).not.toHaveBeenCalled()
    expect(added).toHaveBeenCalledTimes(1)
  })

  test('that throws does not keep others from being called, and its error is uncaught', () => {
    const uncaught: (() => void)[] = []
    vi.stubGlobal('queueMicrotask', (task: () => void) => uncaught.push(task))
    const events = new ManagerEvents()
    const listener = vi.fn()
    events.addEventListener('record:dropped', () => {
      throw new Error('of the listener')
    })
    events.addEventListener('record:dropped', listener)
    events.dispatch('record:dropped', { key })
    expect(listener).toHaveBeenCalledTimes(1)
    expect(uncaught).toHaveLength(1)
    expect(() => uncaught[0]?.()).toThrow('of the listener')
  })
})
