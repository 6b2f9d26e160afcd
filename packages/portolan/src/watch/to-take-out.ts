import type { Backend } from '../backend/backend.ts'
import type { DriftChange } from './host-event.ts'

/** The drift for rules that a project has in a backend other than its own. */
export const toTakeOut = (other: Backend, backend: Backend): DriftChange => ({
  action: 'remove',
  object: `${other} rules`,
  description: `The project has rules in ${other}, and is to have them in ${backend} alone: those in ${other} are removed.`,
})
