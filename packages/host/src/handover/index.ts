export { type HandOver, handOver } from './hand-over.ts'
export { listenForCalls } from './listen-for-calls.ts'
export type { HandedAnswer, HandedCall } from './messages.ts'
export { type ServedCall, serveCalls } from './serve-calls.ts'
