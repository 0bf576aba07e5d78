export { keyText, peerFields, secondsUntil, timeText } from './inspection.ts'
export { textOf } from './text.ts'
