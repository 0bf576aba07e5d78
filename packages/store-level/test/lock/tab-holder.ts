// A worker that opens a store, and posts the code of the error or `open`.
import { isRecordError } from '@recordkit/record-types'
import { BrowserLevel } from 'browser-level'
import { LevelRecordStore } from '../../src/index.ts'

globalThis.addEventListener('message', ({ data: name }: MessageEvent<string>) => {
  const answer = async (): Promise<string> => {
    try {
      await LevelRecordStore.open(new BrowserLevel(name))
      return 'open'
    } catch (error) {
      return isRecordError(error) ? error.code : String(error)
    }
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
  void answer().then((text) => globalThis.postMessage(text))
})
