import type { Intent } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import type { Plan, PlanChange } from '../plan/plan.ts'

/** The intent and the plan that another process applied. */
export interface AppliedElsewhere {
  readonly intent: Intent
  readonly planned: Plan
}

/** A watched project, as another process may have applied it. */
export interface Applicable {
  /** The intent that the watch holds. */
  readonly held: Intent
  /** Reads the project's text as it is now. The watch may have refused that text. */
  read(): Intent
  /**
   * A bridge differs from the held intent. Another process that moves a network changes bridge addresses too, not only
   * rules.
   */
  readonly isMoved: boolean
  plan(intent: Intent): Promise<Plan>
  /** The part of a plan that holds the project's rules. */
  readonly place: PlanChange['part']
}

/**
 * Tells whether another process applied the project's current text, or moved one of its networks. A moved network of
 * the held intent counts too. Only the rules decide: at the same time forwarding may have been switched off, or a
 * bridge deleted.
 *
 * @returns null: no other process did
 */
export const appliedElsewhere = async (applicable: Applicable): Promise<AppliedElsewhere | null> => {
  for (const intent of wantedNow(applicable)) {
    const planned = await planOf(applicable, intent)
    if (planned?.changes.every(({ part }) => part !== applicable.place) === true) return { intent, planned }
  }
  return null
}

const wantedNow = ({ held, read, isMoved }: Applicable): readonly Intent[] => {
  const now = readNow(read)
  // A text with another project name describes another project. The watch holds this one until it ends.
  const isOther = now?.project === held.project && JSON.stringify(now) !== JSON.stringify(held)
  return [...(isOther && now !== null ? [now] : []), ...(isMoved ? [held] : [])]
}

/** Reads the text; null when it is not valid, for example while a person edits the file. */
const readNow = (read: () => Intent): Intent | null => {
  try {
    return read()
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}

const planOf = async ({ plan }: Applicable, intent: Intent): Promise<Plan | null> => {
  try {
    return await plan(intent)
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
