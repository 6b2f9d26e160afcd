import { type AfterSilence, silenceOn } from '@portolan/core/after-silence'

/**
 * Calls back after some milliseconds without an answer, and returns a function that ends the wait. An answer that came
 * while this process had no processor still counts: sockets are read before the call.
 *
 * @example
 * const answered = afterSilence(5_000, () => console.error('no answer'))
 * answered()
 * @public @since 0.1.0
 */
export const afterSilence: AfterSilence = silenceOn<NodeJS.Timeout, NodeJS.Immediate>(globalThis)
