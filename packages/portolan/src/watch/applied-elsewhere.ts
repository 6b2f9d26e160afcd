import type { Intent } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import type { Plan, PlanChange } from '../plan/plan.ts'

/** What another process put into force. */
export interface AppliedElsewhere {
  readonly intent: Intent
  readonly planned: Plan
}

/** What a project that is watched may be by now, though not by the watch. */
export interface Applicable {
  /** What is held. */
  readonly held: Intent
  /** What the text says now. It may be one that the watch holds back. */
  read(): Intent
  /** Is a bridge other than it is held? A move changes addresses of bridges, so that it is seen beside the rules. */
  readonly isMoved: boolean
  plan(intent: Intent): Promise<Plan>
  /** The part of a plan that its rules are. */
  readonly place: PlanChange['part']
}

/**
 * Has another process applied what the text says now, or moved a network of it, or of what is held while that text is held
 * back? Its rules tell: forwarding may have been switched off, or a bridge deleted, at the same time.
 *
 * @returns null: no process has
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
  // The project of another name is another project: this one is held until the watch is stopped.
  const isOther = now?.project === held.project && JSON.stringify(now) !== JSON.stringify(held)
  return [...(isOther && now !== null ? [now] : []), ...(isMoved ? [held] : [])]
}

/** A file that is being edited is no wish yet. */
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
