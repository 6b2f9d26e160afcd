import type { Backend } from '../backend/backend.ts'
import type { DriftChange } from './host-event.ts'

/** What is to be done about rules of a project in another backend than the one that is to have them. */
export const toTakeOut = (other: Backend, backend: Backend): DriftChange => ({
  action: 'remove',
  object: `${other} rules`,
  description: `The project has rules in ${other}, and is to have them in ${backend} alone: those in ${other} are removed.`,
})
