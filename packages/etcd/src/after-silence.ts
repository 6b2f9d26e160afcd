import { type AfterSilence, silenceOn } from '@portolan/core/after-silence'

export const afterSilence: AfterSilence = silenceOn<NodeJS.Timeout, NodeJS.Immediate>(globalThis)
