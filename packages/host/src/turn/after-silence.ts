import { type AfterSilence, silenceOn } from '@portolan/core/after-silence'

/**
 * Calls back after a while in which nothing came, and gives what ends the wait. What came while this process had no processor
 * is heard before.
 *
 * @example
 * const answered = afterSilence(5_000, () => console.error('no answer'))
 * answered()
 * @public @since 0.1.0
 */
export const afterSilence: AfterSilence = silenceOn<NodeJS.Timeout, NodeJS.Immediate>(globalThis)
